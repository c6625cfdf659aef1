"""Writes ONNX's own conformance suite as files: `python generate.py FOLDER [subset.txt]`.

FOLDER/<group>/<case>/model.onnx and test_data_set_<i>/{input,output}_<j>.pb, for the groups
node, simple, pytorch-converted and pytorch-operator. Needs pip's onnx==1.23.0. With a file of
lines "<group>/<case>" only those are written; `test-data` here was written with subset.txt.
"""

import shutil
import sys
from pathlib import Path

import onnx
import onnx.backend.test
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case import node as node_cases

folder = Path(sys.argv[1])
subset = set(Path(sys.argv[2]).read_text().split()) if len(sys.argv) > 2 else None
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


def is_wanted(group, name):
    return subset is None or f"{group}/{name}" in subset


for group in ("node", "simple", "pytorch-converted", "pytorch-operator"):
    shutil.rmtree(folder / group, ignore_errors=True)
for case in node_cases.collect_testcases(None):
    if is_wanted("node", case.name):
        write_case(case, folder / "node" / case.name)
for group in ("simple", "pytorch-converted", "pytorch-operator"):
    for case in sorted((data / group).iterdir()):
        if is_wanted(group, case.name):
            shutil.copytree(case, folder / group / case.name)
for group in sorted(path for path in folder.iterdir() if path.is_dir()):
    print(f"{group.name}: {sum(1 for _ in group.iterdir())}")
