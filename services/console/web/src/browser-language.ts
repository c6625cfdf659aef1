/**
 * A browser without a proper locale names a language that `Intl` refuses ("en-US@posix", of one
 * that runs headless where LANG is unset). The chart's library asks for it as it is loaded, so
 * without this there is no page at all. Loaded first, for its effect.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  // It is no language: the page speaks English in any case.
  Object.defineProperty(navigator, "language", { value: "en" });
}
