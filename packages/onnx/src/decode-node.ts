import { readAttribute } from "./decode-attribute.ts";
import type { Reading } from "./decode-attribute.ts";
import { byKey, described, readEntry } from "./decode-entries.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Attribute, NodeDef, OperatorSet } from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** Reads a `NodeProto`. @throws OnnxFormatError */
export function readNode(reader: ProtobufReader, reading: Reading): NodeDef {
  let op = "";
  let domain = "";
  let name = "";
  let overload = "";
  let doc = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: [string, Attribute][] = [];
  const metadata: [string, string][] = [];
  const deviceConfigurations: Uint8Array[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) inputs.push(reader.text());
    else if (field === 2) outputs.push(reader.text());
    else if (field === 3) name = reader.text();
    else if (field === 4) op = reader.text();
    else if (field === 5) attributes.push(readAttribute(reader.message(), reading));
    else if (field === 6) doc = reader.text();
    else if (field === 7) domain = reader.text();
    else if (field === 8) overload = reader.text();
    else if (field === 9) metadata.push(readEntry(reader.message()));
    else if (field === 10) deviceConfigurations.push(reader.bytes());
    else throw reader.unknown("a node");
  }
  if (op === "") throw new OnnxFormatError(`Node "${name}" names no operator`);
  return {
    op,
    domain,
    name,
    inputs,
    outputs,
    attributes: byKey(attributes, `node "${name}"`),
    ...(overload !== "" && { overload }),
    ...(deviceConfigurations.length > 0 && { deviceConfigurations }),
    ...described(doc, metadata),
  };
}

/** Reads an `OperatorSetIdProto`. */
export function readOperatorSet(reader: ProtobufReader): OperatorSet {
  let domain = "";
  let version = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) domain = reader.text();
    else if (field === 2) version = reader.unsigned();
    else throw reader.unknown("an operator set");
  }
  return { domain, version };
}
