/** A wait that can be cut short. What rings while nobody waits is not forgotten. */
export interface Alarm {
  ring(): void;
  /** @returns whether it rang */
  wait(ms: number): Promise<boolean>;
}

export function createAlarm(): Alarm {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rang = true;
      wake?.();
    },
    async wait(ms) {
      if (!rang && ms > 0)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = undefined;
      const answer = rang;
      rang = false;
      return answer;
    },
  };
}
