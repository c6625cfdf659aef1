/** The bytes are no ONNX model that this package reads; the message says where and why. */
export class OnnxFormatError extends Error {
  override readonly name = "OnnxFormatError";
  readonly code = "ONNX_FORMAT";
}

/** The bytes are no safetensors file; the message says what is wrong. */
export class SafetensorsFormatError extends Error {
  override readonly name = "SafetensorsFormatError";
  readonly code = "SAFETENSORS_FORMAT";
}

/** A session could not be opened or run; `cause` is the runtime's own error where it had one. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code = "ONNX_SESSION";
}

/** Shapes, types or attributes don't fit the operator; the message says which. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  readonly code = "SHAPE";
}

/** What a shape rule would have to know depends on the data, or isn't said anywhere. */
export class UndecidedShape extends ShapeError {}

/** A pass can't rewrite the model without changing what it computes; the message says where and why. */
export class PassError extends Error {
  override readonly name = "PassError";
  readonly code = "ONNX_PASS";
}
