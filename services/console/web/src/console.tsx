import { useCallback, useState } from "preact/hooks";

import type { Api } from "./api.ts";
import { usePoll } from "./asking/use-poll.ts";
import { Trouble } from "./card/trouble.tsx";
import { FirstModel } from "./first-steps/first-model.tsx";
import { ModelScreen } from "./model-screen.tsx";
import { allModels } from "./navigation/all-models.ts";
import { Navigation } from "./navigation/navigation.tsx";

const EVERY_MS = 4_000;

interface ConsoleProps {
  api: Api;
  /** The model of the address; without one, the first. */
  selected: string | null;
  signOut: () => void;
}

export function Console({ api, selected, signOut }: ConsoleProps) {
  const [pages, setPages] = useState(1);
  const ask = useCallback((signal: AbortSignal) => allModels(api, pages, signal), [api, pages]);
  const { answer, problem, refresh } = usePoll(ask, { everyMs: EVERY_MS });
  const models = answer?.models ?? [];
  const name = selected ?? models[0]?.name ?? null;
  const model = models.find((one) => one.name === name);
  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // The fragment is the model's address: move the focus only.
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the figures
      </a>
      <Navigation
        models={models}
        selected={name}
        more={answer?.more ? () => setPages(pages + 1) : undefined}
        signOut={signOut}
      />
      <main id="main" tabIndex={-1}>
        {model && <ModelScreen key={model.id} api={api} model={model} modelChanged={refresh} />}
        {!answer && !problem && <p class="state">Loading…</p>}
        {!answer && <Trouble problem={problem} retry={refresh} />}
        {answer && models.length === 0 && <FirstModel />}
        {answer && models.length > 0 && !model && <UnknownModel name={name ?? ""} />}
      </main>
    </div>
  );
}

const UnknownModel = ({ name }: { name: string }) => (
  <p class="state">
    No model <b dir="auto">{name}</b> in this project. Choose one of the models in the navigation.
  </p>
);
