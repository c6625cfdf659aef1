declare module "mnist" {
  /** All drawings of one digit. */
  interface Drawings {
    id: number;
    /** Brightness from 0 to 1 of 28 × 28 pixels, one drawing after another. */
    raw: readonly number[];
    /** How many there are. */
    length: number;
  }
  const drawings: readonly Drawings[];
  export default drawings;
}
