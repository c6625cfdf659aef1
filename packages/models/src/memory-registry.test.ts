import { describeRegistry } from "./describe-registry.ts";
import { createMemoryRegistry } from "./memory-registry.ts";

describeRegistry("memory", (work) => work(createMemoryRegistry("project")));
