import "./browser-language.ts";
import "./tokens.css";
import "./base.css";
import "./app.css";
import { render } from "preact";

import { App } from "./app.tsx";
import { applyTheme, storedTheme } from "./navigation/theme.ts";
import { takeCodeFromAddress } from "./session.ts";

applyTheme(storedTheme());
const code = takeCodeFromAddress(window);
const root = document.getElementById("app");
if (root) render(<App code={code} />, root);
