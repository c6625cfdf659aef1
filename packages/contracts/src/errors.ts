/** A coded error: what a client may rely on is `code`; `message` is for people. */
export interface CodedError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly issues?: readonly Issue[];
  /** Whole seconds after which trying again makes sense (sent as `Retry-After`). */
  readonly retryAfter?: number;
}

/** One thing wrong with a request: where (`/items/3/value`) and what would be right. */
export interface Issue {
  path: string;
  message: string;
}

interface ErrorExtras {
  cause?: unknown;
  issues?: readonly Issue[];
  retryAfter?: number;
}

/**
 * Makes a constructor for one row of the table of errors. `%s` in the text is
 * filled from the arguments in order:
 * `throw new ModelNotFound("digits", { cause })`.
 */
function defineError<const Code extends string>(code: Code, statusCode: number, text: string) {
  return class extends Error implements CodedError {
    static readonly code = code;
    static readonly statusCode = statusCode;
    readonly code = code;
    readonly statusCode = statusCode;
    readonly issues?: readonly Issue[];
    readonly retryAfter?: number;

    constructor(...args: (string | number | ErrorExtras)[]) {
      const extras = args.find((arg) => typeof arg === "object");
      const values = args.filter((arg) => typeof arg !== "object");
      super(
        text.replaceAll("%s", () => String(values.shift() ?? "?")),
        extras?.cause === undefined ? undefined : { cause: extras.cause },
      );
      this.name = code;
      if (extras?.issues) this.issues = extras.issues;
      if (extras?.retryAfter !== undefined) this.retryAfter = extras.retryAfter;
    }
  };
}

export const BadRequest = defineError("BAD_REQUEST", 400, "%s");
export const BadJson = defineError("BAD_JSON", 400, "The body must be JSON: %s");
export const Unauthorized = defineError(
  "UNAUTHORIZED",
  401,
  "No valid API key: send it as `Authorization: Bearer gs_…` (or as the user name of Basic)",
);
export const SignInRefused = defineError(
  "SIGN_IN_REFUSED",
  401,
  "%s. `pnpm dashboard` prints a new one; or sign in with a secret key",
);
export const Forbidden = defineError("FORBIDDEN", 403, "This key may not %s: use a secret key");
export const ModelNotFound = defineError("MODEL_NOT_FOUND", 404, "No model %s in this project");
export const VersionNotFound = defineError("VERSION_NOT_FOUND", 404, "Model %s has no version %s");
export const AliasNotFound = defineError("ALIAS_NOT_FOUND", 404, "Model %s has no alias %s");
export const RunNotFound = defineError("RUN_NOT_FOUND", 404, "No training run %s");
export const FeedbackNotFound = defineError("FEEDBACK_NOT_FOUND", 404, "No feedback %s");
export const PredictionNotFound = defineError("PREDICTION_NOT_FOUND", 404, "No prediction %s");
export const SubjectNotFound = defineError("SUBJECT_NOT_FOUND", 404, "Nothing is known of %s");
export const DeadLetterNotFound = defineError("DEAD_LETTER_NOT_FOUND", 404, "No dead letter %s");
export const ConsentNotInForce = defineError("CONSENT_NOT_IN_FORCE", 409, "%s");
export const Conflict = defineError("CONFLICT", 409, "%s");
export const RecipeFixed = defineError(
  "RECIPE_FIXED",
  409,
  "Model %s has the recipe %s, which can't change: make another model",
);
export const NothingToRollBack = defineError(
  "NOTHING_TO_ROLL_BACK",
  409,
  "Model %s has had no other champion",
);
export const GateNotPassed = defineError(
  "GATE_NOT_PASSED",
  409,
  "Version %s has not passed its gate: %s",
);
export const VerdictOutdated = defineError(
  "VERDICT_OUTDATED",
  409,
  "Version %s was judged against version %s, and the champion is version %s now: " +
    "start a training run, its candidate is judged against the champion of then",
);
export const AliasMoved = defineError(
  "ALIAS_MOVED",
  412,
  "The alias moved since you read it: it is at revision %s now",
);
export const PreconditionRequired = defineError(
  "PRECONDITION_REQUIRED",
  428,
  "Send If-Match with the revision that you read (the ETag of the alias)",
);
export const BodyTooLarge = defineError("BODY_TOO_LARGE", 413, "%s");
export const BadPicture = defineError("BAD_PICTURE", 422, "%s");
export const BadInputs = defineError("BAD_INPUTS", 422, "%s");
export const TooManyRequests = defineError("TOO_MANY_REQUESTS", 429, "Too many requests: %s");
export const Busy = defineError("BUSY", 503, "%s");
