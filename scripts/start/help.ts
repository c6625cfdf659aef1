/** What `start --help` says. */
export const HELP = `Groundswell: what users do and say becomes better models.

  pnpm start                      brings everything up; on an empty database it first tells the
                                  story of an app that reads handwritten digits
  pnpm start --demo messages --data FILE
                                  tells it with your own texts, each with a label
  pnpm start --demo pictures --data FOLDER
                                  tells it with your own pictures, a folder for each class
  pnpm start --no-demo            an empty platform, with a project and its keys

Options
  --demo NAME      handwriting, messages or pictures; each is told once on the same data
  --data FILE      messages: CSV (commas, semicolons, tabs or bars), JSON lines or Parquet, packed
                   with gzip or Zstandard or not; the content says which. "-" is standard input
  --data FOLDER    pictures: PNG, JPEG or WebP in a folder for each class; folders in folders
                   count; beside "train", "test" (or "val") is the exam
  --text COLUMN    where the text is (default: text); case and blanks don't matter
  --label COLUMN   what it is about (default: label)
  --exam FILE      messages (or a FOLDER of pictures) to examine the model with (default: 15 % of
                   the data)
  --port NUMBER    where to answer (default: 8080, or the next free one)
  --fresh          delete the data of this checkout and begin anew (asks first)
  --yes            answer yes to what would be asked
  --help           this

Your own data have to be 100 usable examples at least, with 2 to 1,000 labels. Of more than 20,000
messages or 10,000 pictures a part is played, and of a file the first 64 MiB, unpacked. What can't
be used is left out; which and why is said first.

Environment
  DATABASE_URL            your own PostgreSQL 18; its user makes the tables and roles
  REDIS_URL               your own Redis
  GROUNDSWELL_INSTANCE    name of this installation, to run a second one beside it
  GROUNDSWELL_CACHE_DIR   where data, logs and server binaries are kept
  GROUNDSWELL_GIVE_UP_AFTER
                          how many seconds a database that ended and does not come up is tried
                          again (default: 120)
  GROUNDSWELL_DEBUG       errors with their stack traces
  PORT                    like --port

Without DATABASE_URL and REDIS_URL, PostgreSQL and Redis come up by themselves and keep their data
between starts. Everything stays up until Ctrl-C, which stops all of it. It ends with 2 where it
can't do what was asked, and with 1 where something failed.
`;
