import type { VersionView } from "@groundswell/contracts";
import { useCallback, useEffect, useState } from "preact/hooks";

import type { AliasView, Api, DeploymentView } from "../api.ts";
import { useAction } from "../asking/use-action.ts";
import { When } from "../card/when.tsx";
import { Confirm } from "../dialog/confirm.tsx";
import { GateSummary } from "../training/gate-report.tsx";
import { CHAMPION } from "./version-words.ts";

interface DialogProps {
  api: Api;
  model: string;
  close: () => void;
  moved: (champion: AliasView) => void;
}

/** Moves the champion only from where it was when this dialog opened. */
export function PromoteDialog({
  api,
  model,
  version,
  close,
  moved,
}: DialogProps & { version: VersionView }) {
  const action = useAction();
  const [seen, setSeen] = useState<AliasView>();
  const { run } = action;
  const look = useCallback(
    () => run(async () => setSeen(await api.champion(model))),
    [run, api, model],
  );
  useEffect(() => void look(), [look]);

  const promote = async () => {
    if (!seen) {
      await look();
      return;
    }
    let champion: AliasView | undefined;
    const done = await action.run(async () => {
      champion = await api.promote(model, version.number, seen);
    });
    if (done && champion) moved(champion);
  };
  return (
    <Confirm
      title={`Promote v${version.number} to champion of ${model}?`}
      verb={`Promote v${version.number}`}
      action={action}
      confirm={() => void promote()}
      close={close}
    >
      <p>
        {seen ? `v${seen.version} is the champion now. ` : ""}From the next prediction on, v
        {version.number} answers, caught up with what was learned online since. You can roll back.
      </p>
      {version.gate && <GateSummary gate={version.gate} />}
    </Confirm>
  );
}

export function RollBackDialog({
  api,
  model,
  last,
  now,
  close,
  moved,
}: DialogProps & { last: DeploymentView; now: Date }) {
  const action = useAction();
  const rollBack = async () => {
    let champion: AliasView | undefined;
    const done = await action.run(async () => {
      champion = await api.rollBack(model);
    });
    if (done && champion) moved(champion);
  };
  return (
    <Confirm
      title={`Roll ${model} back?`}
      verb="Roll back"
      action={action}
      confirm={() => void rollBack()}
      close={close}
    >
      <p>
        The champion before the last promotion that still stands answers again, as it was then,
        caught up with what may be learned since.
      </p>
      <p class="dim">
        Last move: {last.from_version === null ? "" : `v${last.from_version} → `}v{last.to_version},{" "}
        <When at={last.at} now={now} />
        {last.reason && `, “${last.reason}”`}
      </p>
    </Confirm>
  );
}

/** The newest move of the champion that can be undone. */
export const lastMove = (moves: readonly DeploymentView[]): DeploymentView | undefined =>
  moves.find(({ alias, from_version }) => alias === CHAMPION && from_version !== null);
