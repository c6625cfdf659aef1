import type { VersionView } from "@groundswell/contracts";

import { Tag } from "../card/tag.tsx";
import { When } from "../card/when.tsx";
import { bytes, count, percent } from "../measures.ts";
import { IntervalBar } from "./interval-bar.tsx";
import type { IntervalScale } from "./interval-scale.ts";
import { fromWords, promotable, standing } from "./version-words.ts";

interface VersionTableProps {
  rows: VersionView[];
  scale: IntervalScale;
  now: Date;
  promote: (version: VersionView) => void;
}

export function VersionTable({ rows, scale, now, promote }: VersionTableProps) {
  return (
    <div class="versions">
      <table>
        <thead>
          <tr>
            <th>Version</th>
            <th>From</th>
            <th class="number">Exam</th>
            <th>
              <span class="visually-hidden">Interval</span>
            </th>
            <th>
              <span class="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((version) => (
            <Row key={version.number} {...{ version, scale, now, promote }} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps extends Omit<VersionTableProps, "rows"> {
  version: VersionView;
}

function Row({ version, scale, now, promote }: RowProps) {
  const { number, accuracy, artifact, learned_through } = version;
  const state = standing(version);
  const about = `${bytes(artifact.bytes)}, knows ${count(learned_through)} steps of online learning`;
  return (
    <tr>
      <td title={about}>
        <span class="version-name">
          v{number}
          {state && (
            <Tag tone={state.tone} title={state.title}>
              {state.text}
            </Tag>
          )}
        </span>
      </td>
      <td class="version-from">
        {fromWords(version)}
        <span class="dim">
          <When at={version.created_at} now={now} />
        </span>
      </td>
      <td class="number">{accuracy ? `${percent(accuracy.value)} %` : <NotExamined />}</td>
      <td class="interval-cell">
        <IntervalBar accuracy={accuracy} scale={scale} />
      </td>
      <td class="number">
        {promotable(version) && (
          <button type="button" aria-label={`Promote v${number}`} onClick={() => promote(version)}>
            Promote
          </button>
        )}
      </td>
    </tr>
  );
}

const NotExamined = () => (
  <span class="dim" title="It took no exam">
    –
  </span>
);
