export { upConvert } from "./up-convert.ts";
