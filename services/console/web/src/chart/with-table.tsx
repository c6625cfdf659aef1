import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

import { Card } from "../card/card.tsx";

interface ChartCardProps {
  title: string;
  about: ComponentChildren;
  chart: ComponentChildren;
  /** The same figures, as a table. */
  table: ComponentChildren;
  class?: string;
}

/** A card whose picture can be read as a table. */
export function ChartCard({ title, about, chart, table, class: className }: ChartCardProps) {
  const [asTable, setAsTable] = useState(false);
  const content = useId();
  return (
    <Card
      title={title}
      about={about}
      class={className}
      actions={
        <button
          type="button"
          aria-pressed={asTable}
          aria-controls={content}
          aria-label={`${title} as a table`}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? "Chart" : "Table"}
        </button>
      }
    >
      <div id={content}>{asTable ? table : chart}</div>
    </Card>
  );
}
