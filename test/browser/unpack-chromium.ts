// Run by chromium.ts with TMPDIR set to a fresh folder: the package unpacks there, and
// would take whatever already lies there for its own.
import { fileURLToPath } from "node:url";

import chromium, { inflate } from "@sparticuz/chromium";

const bin = new URL("../bin/", import.meta.resolve("@sparticuz/chromium"));
await chromium.executablePath();
// The libraries (NSS among them) that a slim image of a distribution lacks.
await inflate(fileURLToPath(new URL("al2023.tar.br", bin)));
