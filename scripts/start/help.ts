/** What `start --help` says. */
export const HELP = `Groundswell: what users do and say becomes better models.

  pnpm start                      brings everything up; on an empty database it first tells the
                                  story of an app that reads handwritten digits
  pnpm start --demo messages --data FILE.csv
                                  tells it with your own texts: a CSV file with a header and the
                                  columns "text" and "label"
  pnpm start --no-demo            an empty platform, with a project and its keys

Options
  --demo NAME      handwriting or messages; told once on the same data
  --data FILE      the messages: CSV with a header; commas, semicolons or tabs
  --text COLUMN    where the text is (default: text)
  --label COLUMN   what it is about (default: label)
  --exam FILE      messages to examine the model with (default: 15 % of the data)
  --port NUMBER    where to answer (default: 8080, or the next free one)
  --fresh          delete the data of this checkout and begin anew (asks first)
  --yes            answer yes to what would be asked
  --help           this

Environment
  DATABASE_URL            your own PostgreSQL 18; its user makes the tables and roles
  REDIS_URL               your own Redis
  GROUNDSWELL_INSTANCE    name of this installation, to run a second one beside it
  GROUNDSWELL_CACHE_DIR   where data, logs and server binaries are kept
  PORT                    like --port

Without DATABASE_URL and REDIS_URL, PostgreSQL and Redis come up by themselves and keep their data
between starts. Everything stays up until Ctrl-C, which stops all of it.
`;
