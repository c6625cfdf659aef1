import "./queues.css";
import type { Overview } from "@groundswell/contracts";

import { Card } from "../card/card.tsx";
import { count, duration } from "../measures.ts";

/** An inbox older than this is behind, not just busy. */
const BEHIND_S = 10;

export function QueuesCard({ queues }: { queues: Overview["queues"] }) {
  const { inbox_items, inbox_oldest_s, ledger, waiting, quarantine, dead_letters } = queues;
  const behind = inbox_oldest_s !== null && inbox_oldest_s > BEHIND_S;
  const oldest = inbox_oldest_s === null ? "" : `, oldest ${duration(inbox_oldest_s * 1_000)}`;
  return (
    <Card title="Queues" about="Work that waits; nothing in it is lost">
      <dl class="queues">
        <Queue name="Inbox" n={inbox_items} alarm={behind && "behind"}>
          accepted, not yet cleaned{oldest}
        </Queue>
        <Queue name="Ledger" n={ledger}>
          may teach, not yet learned
        </Queue>
        <Queue name="Waiting" n={waiting}>
          feedback whose prediction is not stored yet
        </Queue>
        <Queue name="Quarantine" n={quarantine}>
          not understood, kept with its reason
        </Queue>
        <Queue name="Dead letters" n={dead_letters} alarm={dead_letters > 0 && "look"}>
          batches that failed every try
        </Queue>
      </dl>
    </Card>
  );
}

interface QueueProps {
  name: string;
  n: number;
  children: string | string[];
  alarm?: string | false;
}

function Queue({ name, n, children, alarm = false }: QueueProps) {
  return (
    <div>
      <dt>
        {name}
        {alarm && <span class="tag warn">{alarm}</span>}
      </dt>
      <dd class="number">{count(n)}</dd>
      <dd class="dim">{children}</dd>
    </div>
  );
}
