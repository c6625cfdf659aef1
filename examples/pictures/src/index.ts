/** An example app: it sorts pictures into classes, and its users correct it. */
export { loadPictures, type PicturesOptions, UnusableFolder } from "./pictures.ts";
