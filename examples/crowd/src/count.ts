const numbers = new Intl.NumberFormat("en-US");

/** 12,345; with a noun 1 label, 12,345 labels. */
export function count(n: number, noun?: string): string {
  const figure = numbers.format(n);
  if (noun === undefined) return figure;
  return `${figure} ${n === 1 ? noun : pluralOf(noun)}`;
}

function pluralOf(noun: string): string {
  if (/(s|x|z|ch|sh)$/.test(noun)) return `${noun}es`;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
