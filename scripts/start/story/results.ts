import type {
  GateReport,
  Overview,
  Proportion,
  RunView,
  VersionView,
} from "@groundswell/contracts";
import { count, type ExamResult } from "@groundswell/crowd";
import { wilson } from "@groundswell/models";

import { table } from "../table.ts";
import { duration, percent } from "../wording.ts";
import type { Freshness } from "./freshness.ts";
import { median } from "./freshness.ts";
import { inWords } from "./kept-out.ts";

/** What a story came to. */
export interface Results {
  /** Accuracy on the exam of the model as it was made, as it learned online, and fine-tuned. */
  exams: { empty: ExamResult; online: ExamResult; tuned: ExamResult | undefined };
  /** Undefined where fine-tuning failed; the story has said why. */
  run: RunView | undefined;
  overview: Overview;
  versions: readonly VersionView[];
  freshness: Freshness;
  /** Feedback that waits for predictions which nobody asked for. */
  waiting: number;
  /** Requests that could not be read at all. */
  unreadable: number;
  /** Predictions that users asked for. */
  visits: number;
  /** What it ran on, in words. */
  machine: string;
  times: { stream: number; training: number; story: number };
}

const interval = ({ low, high }: Pick<Proportion, "low" | "high">) =>
  `${percent(low)} to ${percent(high)}`;

export function gateLines({ gate }: RunView): string[] {
  if (!gate) return ["  the gate has not judged"];
  const { candidate, champion, difference } = gate;
  if (!candidate || !champion || !difference)
    return ["  no answers of people kept for the exam: no figures", ...gate.checks.map(checkLine)];
  return [
    ...table([
      ["candidate", percent(candidate.value), interval(candidate)],
      ["champion", percent(champion.value), interval(champion)],
      [
        "difference",
        signed(difference.value),
        `${signed(difference.low)} to ${signed(difference.high)}`,
      ],
    ]),
    ...gate.checks.map(checkLine),
    ...(gate.missing_classes?.length
      ? [`  not in the exam, so nothing is known of: ${gate.missing_classes.join(", ")}`]
      : []),
  ];
}

const checkLine = ({ passed, name, detail }: GateReport["checks"][number]) =>
  `  ${passed ? "✓" : "✗"} ${name}: ${detail}`;

const signed = (share: number) => `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;

export function resultLines(results: Results): string[] {
  const { empty, online, tuned } = results.exams;
  return [
    ...(empty.of === 0
      ? ["The exam: nothing is left for it whose label users met, so there are no figures"]
      : [
          `The exam: ${count(empty.of)} that no user ever met`,
          ...table([
            examRow("the empty model", empty),
            examRow("after online learning", online),
            ...(tuned ? [examRow("after fine-tuning", tuned)] : []),
          ]),
        ]),
    "",
    "Feedback",
    ...table(feedbackRows(results)),
    "",
    "Versions",
    ...table(results.versions.map(versionRow)),
    "",
    "Time",
    ...table(timeRows(results)),
  ];
}

function examRow(what: string, { right, of, version }: ExamResult): string[] {
  const accuracy = wilson(right, of);
  return [what, percent(accuracy.value), interval(accuracy), `version ${version}`];
}

function feedbackRows({ overview, run, waiting, unreadable }: Results): string[][] {
  const { train = 0, validation = 0, exam = 0 } = run?.dataset ?? {};
  return [
    ["learned online", count(overview.learned.total)],
    ...(run
      ? [
          [
            "trained on",
            count(train),
            `and ${count(validation)} to stop in time, ${count(exam)} at the gate`,
          ],
        ]
      : []),
    ...overview.kept_out
      .toSorted((a, b) => b.count - a.count)
      .map(({ reason, count: n }) => [inWords(reason), count(n), reason]),
    ...(waiting > 0 ? [["still without a prediction", count(waiting), "waiting"]] : []),
    ...(unreadable > 0 ? [["requests that could not be read", count(unreadable), "BAD_JSON"]] : []),
  ];
}

function versionRow({
  number,
  kind,
  status,
  aliases,
  gate,
  learned_through,
}: VersionView): string[] {
  return [
    `version ${number}`,
    kind,
    status,
    `step ${count(learned_through)}`,
    gate?.candidate ? percent(gate.candidate.value) : "–",
    aliases.join(", "),
  ];
}

function timeRows({ freshness, times, run, visits, machine }: Results): string[][] {
  const learned = median(freshness.learned);
  const served = median(freshness.served);
  return [
    ...(served === undefined
      ? []
      : [
          [
            "feedback to an answer that knows it",
            duration(served),
            `median of ${freshness.served.length}`,
          ],
        ]),
    ...(learned === undefined
      ? []
      : [
          [
            "feedback to published weights",
            duration(learned),
            `median of ${freshness.learned.length}`,
          ],
        ]),
    [
      "the stream",
      duration(times.stream),
      `${count(Math.round(visits / (times.stream / 1_000)))} visits a second`,
    ],
    ...(run ? [["fine-tuning", duration(times.training)]] : []),
    ["all of the story", duration(times.story), `on ${machine}`],
  ];
}
