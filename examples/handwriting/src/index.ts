/** An example app: it reads handwritten digits, and its users correct what it misread. */
export { type HandwritingOptions, loadHandwriting } from "./handwriting.ts";
export { type Digit, loadDigits, SIDE } from "./digits.ts";
