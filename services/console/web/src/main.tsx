import "./browser-language.ts";
import "./tokens.css";
import "./base.css";
import "./app.css";
import { render } from "preact";

import { App } from "./app.tsx";
import { applyTheme, storedTheme } from "./navigation/theme.ts";
import { keyStore, takeKeyFromAddress } from "./session.ts";

applyTheme(storedTheme());
const keys = keyStore(sessionStorage);
takeKeyFromAddress(window, keys);
const root = document.getElementById("app");
if (root) render(<App keys={keys} />, root);
