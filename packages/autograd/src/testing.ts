/** For what writes graphs as models without training them: not part of the library. */
export { graphDefOf, modelOf } from "./emission.ts";
