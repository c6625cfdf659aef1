import "./navigation.css";
import type { ModelView } from "@groundswell/contracts";

import { modelAddress } from "../session.ts";
import { Brand } from "./brand.tsx";
import { ThemeButton } from "./theme-button.tsx";

interface NavigationProps {
  models: readonly ModelView[];
  selected: string | null;
  /** Set while there are models beyond the ones shown. */
  more: (() => void) | undefined;
  signOut: () => void;
}

export function Navigation({ models, selected, more, signOut }: NavigationProps) {
  return (
    <nav aria-label="Console">
      <div class="nav-inner">
        <Brand />
        <h2>Models</h2>
        <ul>
          {models.map(({ id, name, champion }) => (
            <li key={id}>
              <a href={modelAddress(name)} aria-current={name === selected ? "page" : undefined}>
                <span class="ellipsis" title={name}>
                  {name}
                </span>
                {champion !== null && <span class="count">v{champion}</span>}
              </a>
            </li>
          ))}
          {models.length === 0 && <li class="none">none yet</li>}
        </ul>
        {more && (
          <button type="button" class="more" onClick={more}>
            More models
          </button>
        )}
        <h2>Reference</h2>
        <ul>
          <li>
            <a href="/docs">API</a>
          </li>
        </ul>
        <div class="nav-end">
          <ThemeButton />
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        </div>
      </div>
    </nav>
  );
}
