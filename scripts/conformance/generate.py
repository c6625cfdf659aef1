"""Writes ONNX's own conformance suite as files: `python generate.py FOLDER`.

FOLDER/<group>/<case>/model.onnx and test_data_set_<i>/{input,output}_<j>.pb, for the groups
node, simple, pytorch-converted and pytorch-operator. Needs pip's onnx==1.23.0.
"""

import shutil
import sys
from pathlib import Path

import onnx
import onnx.backend.test
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case import node as node_cases

folder = Path(sys.argv[1])
data = Path(onnx.backend.test.__file__).parent / "data"


def write_value(path, value, info):
    if isinstance(value, TensorProto):
        proto = value
    else:
        kinds = {
            "map_type": numpy_helper.from_dict,
            "sequence_type": numpy_helper.from_list,
            "optional_type": numpy_helper.from_optional,
        }
        make = kinds.get(info.type.WhichOneof("value"), numpy_helper.from_array)
        proto = make(value, info.name)
    path.write_bytes(proto.SerializeToString())


def write_case(case, target):
    target.mkdir(parents=True)
    (target / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for i, (inputs, outputs) in enumerate(case.data_sets):
        part = target / f"test_data_set_{i}"
        part.mkdir()
        for kind, values, infos in (
            ("input", inputs, graph.input),
            ("output", outputs, graph.output),
        ):
            for j, value in enumerate(values):
                write_value(part / f"{kind}_{j}.pb", value, infos[j])


shutil.rmtree(folder, ignore_errors=True)
for case in node_cases.collect_testcases(None):
    write_case(case, folder / "node" / case.name)
for group in ("simple", "pytorch-converted", "pytorch-operator"):
    shutil.copytree(data / group, folder / group)
for group in sorted(folder.iterdir()):
    print(f"{group.name}: {sum(1 for _ in group.iterdir())}")
