import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { runCli } from './run-cli.ts';

async function help(line: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(line);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  for (const row of stdout.split('\n')) {
    expect(row.length).toBeLessThanOrEqual(110);
  }
  return stdout;
}

test('nlpflow', async () => {
  const text = await help('--help');
  expect(text).toMatchInlineSnapshot(`
    "From a table with a text column to a tuned XGBoost model.

    Usage: nlpflow <command> [options]

    Commands:
      init DATA                    look at a table and write a commented nlpflow.yaml for it
      run [CONFIG]                 preprocess, tune and fit: from a table to a tested, saved model
      estimate [CONFIG]            what a run would take: hours, vCPU-hours, dollars, memory
      preprocess [CONFIG|DATA]     turn the texts of a table into a document-term matrix
      tune [RUN|CONFIG]            cross-validate a grid of configurations
      fit [RUN|CONFIG]             fit the best configuration on all training rows and test it
      predict MODEL INPUT          score a table with a saved model: a row in, a row out
      runs list                    list the runs of a store, newest first
      runs show [RUN]              show what a run was and what came of it
      runs diff A B                show in what two runs differ
      runs tag RUN [+TAG|-TAG...]  change a run's tags, name and note
      runs rm RUN...               remove runs
      gc                           remove old runs, and results that no run refers to
      logs RUN [TASK]              show what happened in a run and what its workers printed
      why-rerun RUN                say why a run computed what it did not reuse
      reproduce RUN                print how a run is repeated, and check whether that gives the same
      get RUN ARTIFACT             write an artifact of a run to a file
      report RUN                   write the report of a run: one HTML page that needs no network
      open RUN                     open the report of a run in the browser
      attach RUN                   watch a run on AWS Batch until it ends, or go on with one whose
                                   process is gone
      cancel RUN                   end all tasks of a run on AWS Batch
      why RUN                      what a run on AWS Batch waits for
      configure aws                set up an AWS account for runs on AWS Batch, or remove that again
      doctor                       find what would keep a run from working, with its remedy
      push RUN                     copy a run to another store
      pull RUN                     copy a run from another store
      tokens [CONFIG]              show what each step of the recipe does to some rows
      config [CONFIG]              check a configuration, or print it with all defaults filled in

    Options:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    nlpflow <command> --help says more; nlpflow --version prints the versions of nlpflow, XGBoost and Unicode.
    Exit codes: 0 done, 1 defect, 2 usage or configuration, 3 input data, 4 store or file system,
                5 tasks failed, 130 interrupted.
    "
  `);
  expect(await help('')).toBe(text);
  expect(await help('help')).toBe(text);
});

test('nlpflow run', async () => {
  expect(await help('run --help')).toMatchInlineSnapshot(`
    "Preprocess, tune and fit: from a table to a tested, saved model.
    What an earlier run has done already is reused, also of a run that was interrupted.

    Usage: nlpflow run [CONFIG] [options]

    Arguments:
      [CONFIG]  configuration (default nlpflow.yaml), a table, or an earlier run

    Options:
          --on local|batch  where tasks run (default local, or NLPFLOW_ON)
          --workers N       processes that train at once: a number, or auto for what cores and memory
                            allow (default auto, or NLPFLOW_WORKERS)
          --name TEXT       name of the run; default: the folder of the configuration
          --tag TEXT        tag of the run; may be repeated
          --note TEXT       a sentence about the run
          --dry-run         show the plan, what is there already and what the rest takes, and stop
          --fresh           do everything again, also what is there already

    Configuration (each overrides the file):
          --text COLUMN              column that holds the text
          --outcome EXPR             what to predict: a column or an expression, e.g. "log1p(size)"
          --prop N                   share of rows to train on
          --split-column COLUMN      column that says train or test
          --seed N                   seed of the split and the folds
          --folds N                  cross-validation folds
          --na empty|drop|error      a missing text
          --empty keep|drop          a row with an empty text
          --max-bad-rows N           share of unreadable rows that is accepted
          --encoding TEXT            encoding of the table, e.g. windows-1252
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Cost:
          --max-cost DOLLARS         ends the cross-validation before it costs more, and chooses from
                                     what is complete (or NLPFLOW_MAX_COST)
          --price-vcpu-hour DOLLARS  what a vCPU costs an hour, instead of the table of prices; gives
                                     this machine a price, too (or NLPFLOW_PRICE_VCPU_HOUR)
          --price-gb-hour DOLLARS    what a GiB of a container costs an hour (default 0 with
                                     --price-vcpu-hour) (or NLPFLOW_PRICE_GB_HOUR)
          --prices FILE              file with prices that replace those of the built-in table (or
                                     NLPFLOW_PRICES)

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB; default: by its estimate, else 4GiB
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --finish-timeout S      seconds that the last job of --detach may take; default: no limit
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --upload-data           read the table on AWS Batch, too: it goes to the store, once
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow run nlpflow.yaml
          everything that the configuration asks for
      nlpflow run nlpflow.yaml --grid trees=300,500 --workers 2
          another grid, two processes
      nlpflow run nlpflow.yaml --dry-run
          what would be done
      nlpflow run reviews.csv
          a table: text and outcome are chosen as by init
    "
  `);
});

test('nlpflow preprocess', async () => {
  expect(await help('preprocess --help')).toMatchInlineSnapshot(`
    "Turn the texts of a table into a document-term matrix.
    Vocabulary and weights are learned on the training rows and applied to all rows.

    Usage: nlpflow preprocess [CONFIG|DATA] [options]

    Arguments:
      [CONFIG|DATA]  configuration (default nlpflow.yaml), a table, or an earlier run

    Options:
          --on local|batch  where tasks run (default local, or NLPFLOW_ON)
          --workers N       processes that train at once: a number, or auto for what cores and memory
                            allow (default auto, or NLPFLOW_WORKERS)
          --name TEXT       name of the run; default: the folder of the configuration
          --tag TEXT        tag of the run; may be repeated
          --note TEXT       a sentence about the run
          --dry-run         show the plan, what is there already and what the rest takes, and stop
          --fresh           do everything again, also what is there already

    Configuration (each overrides the file):
          --text COLUMN              column that holds the text
          --outcome EXPR             what to predict: a column or an expression, e.g. "log1p(size)"
          --prop N                   share of rows to train on
          --split-column COLUMN      column that says train or test
          --seed N                   seed of the split and the folds
          --folds N                  cross-validation folds
          --na empty|drop|error      a missing text
          --empty keep|drop          a row with an empty text
          --max-bad-rows N           share of unreadable rows that is accepted
          --encoding TEXT            encoding of the table, e.g. windows-1252
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Cost:
          --max-cost DOLLARS         ends the cross-validation before it costs more, and chooses from
                                     what is complete (or NLPFLOW_MAX_COST)
          --price-vcpu-hour DOLLARS  what a vCPU costs an hour, instead of the table of prices; gives
                                     this machine a price, too (or NLPFLOW_PRICE_VCPU_HOUR)
          --price-gb-hour DOLLARS    what a GiB of a container costs an hour (default 0 with
                                     --price-vcpu-hour) (or NLPFLOW_PRICE_GB_HOUR)
          --prices FILE              file with prices that replace those of the built-in table (or
                                     NLPFLOW_PRICES)

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB; default: by its estimate, else 4GiB
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --finish-timeout S      seconds that the last job of --detach may take; default: no limit
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --upload-data           read the table on AWS Batch, too: it goes to the store, once
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow preprocess nlpflow.yaml
          as the configuration says
      nlpflow preprocess reviews.csv --text review --outcome stars
          a table without a configuration
      nlpflow get last matrix -o matrix.csv
          the matrix as a table: row, col, value
    "
  `);
});

test('nlpflow tune', async () => {
  expect(await help('tune --help')).toMatchInlineSnapshot(`
    "Cross-validate a grid of configurations.
    Configurations that differ only in trees share one booster: each count of trees is a prefix of it.

    Usage: nlpflow tune [RUN|CONFIG] [options]

    Arguments:
      [RUN|CONFIG]  an earlier run, a configuration (default nlpflow.yaml), or a table

    Options:
          --on local|batch  where tasks run (default local, or NLPFLOW_ON)
          --workers N       processes that train at once: a number, or auto for what cores and memory
                            allow (default auto, or NLPFLOW_WORKERS)
          --name TEXT       name of the run; default: the folder of the configuration
          --tag TEXT        tag of the run; may be repeated
          --note TEXT       a sentence about the run
          --dry-run         show the plan, what is there already and what the rest takes, and stop
          --fresh           do everything again, also what is there already

    Configuration (each overrides the file):
          --text COLUMN              column that holds the text
          --outcome EXPR             what to predict: a column or an expression, e.g. "log1p(size)"
          --prop N                   share of rows to train on
          --split-column COLUMN      column that says train or test
          --seed N                   seed of the split and the folds
          --folds N                  cross-validation folds
          --na empty|drop|error      a missing text
          --empty keep|drop          a row with an empty text
          --max-bad-rows N           share of unreadable rows that is accepted
          --encoding TEXT            encoding of the table, e.g. windows-1252
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Cost:
          --max-cost DOLLARS         ends the cross-validation before it costs more, and chooses from
                                     what is complete (or NLPFLOW_MAX_COST)
          --price-vcpu-hour DOLLARS  what a vCPU costs an hour, instead of the table of prices; gives
                                     this machine a price, too (or NLPFLOW_PRICE_VCPU_HOUR)
          --price-gb-hour DOLLARS    what a GiB of a container costs an hour (default 0 with
                                     --price-vcpu-hour) (or NLPFLOW_PRICE_GB_HOUR)
          --prices FILE              file with prices that replace those of the built-in table (or
                                     NLPFLOW_PRICES)

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB; default: by its estimate, else 4GiB
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --finish-timeout S      seconds that the last job of --detach may take; default: no limit
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --upload-data           read the table on AWS Batch, too: it goes to the store, once
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow tune nlpflow.yaml
          the grid of the configuration
      nlpflow tune last --grid trees=300,500 --grid learn_rate=0.1,0.3
          another grid on the data of the last run
      nlpflow get last results -o results.csv
          all configurations as a table
    "
  `);
});

test('nlpflow fit', async () => {
  expect(await help('fit --help')).toMatchInlineSnapshot(`
    "Fit the best configuration on all training rows and test it.
    Does what is missing before it. A single configuration needs no cross-validation.

    Usage: nlpflow fit [RUN|CONFIG] [options]

    Arguments:
      [RUN|CONFIG]  an earlier run, a configuration (default nlpflow.yaml), or a table

    Options:
          --on local|batch  where tasks run (default local, or NLPFLOW_ON)
          --workers N       processes that train at once: a number, or auto for what cores and memory
                            allow (default auto, or NLPFLOW_WORKERS)
          --name TEXT       name of the run; default: the folder of the configuration
          --tag TEXT        tag of the run; may be repeated
          --note TEXT       a sentence about the run
          --dry-run         show the plan, what is there already and what the rest takes, and stop
          --fresh           do everything again, also what is there already

    Configuration (each overrides the file):
          --text COLUMN              column that holds the text
          --outcome EXPR             what to predict: a column or an expression, e.g. "log1p(size)"
          --prop N                   share of rows to train on
          --split-column COLUMN      column that says train or test
          --seed N                   seed of the split and the folds
          --folds N                  cross-validation folds
          --na empty|drop|error      a missing text
          --empty keep|drop          a row with an empty text
          --max-bad-rows N           share of unreadable rows that is accepted
          --encoding TEXT            encoding of the table, e.g. windows-1252
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Cost:
          --max-cost DOLLARS         ends the cross-validation before it costs more, and chooses from
                                     what is complete (or NLPFLOW_MAX_COST)
          --price-vcpu-hour DOLLARS  what a vCPU costs an hour, instead of the table of prices; gives
                                     this machine a price, too (or NLPFLOW_PRICE_VCPU_HOUR)
          --price-gb-hour DOLLARS    what a GiB of a container costs an hour (default 0 with
                                     --price-vcpu-hour) (or NLPFLOW_PRICE_GB_HOUR)
          --prices FILE              file with prices that replace those of the built-in table (or
                                     NLPFLOW_PRICES)

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB; default: by its estimate, else 4GiB
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --finish-timeout S      seconds that the last job of --detach may take; default: no limit
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --upload-data           read the table on AWS Batch, too: it goes to the store, once
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow fit last
          the best configuration of the last run
      nlpflow fit nlpflow.yaml --set tune.grid={} --set model.trees=300
          one given configuration
    "
  `);
});

test('nlpflow predict', async () => {
  expect(await help('predict --help')).toMatchInlineSnapshot(`
    "Score a table with a saved model: a row in, a row out.
    Writes row and prediction in the order of the input; a row that cannot be read has an empty
    prediction and is counted.

    Usage: nlpflow predict MODEL INPUT [options]

    Arguments:
      MODEL  model file (.nlpf), or a run: its id, its name or last
      INPUT  table with the text column

    Options:
      -o, --output OUT     file to write: .csv .parquet .json or .arrow (needed)
          --trees K        use the first K trees only
          --text COLUMN    column that holds the text, when it has another name than in training
          --encoding TEXT  encoding of the table, e.g. windows-1252

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow predict last new.csv -o predictions.csv
          with the model of the last run
      nlpflow predict model.nlpf new.csv.gz -o predictions.parquet --trees 100
          with the first 100 trees of a model file
    "
  `);
});

test('nlpflow runs list', async () => {
  expect(await help('runs list --help')).toMatchInlineSnapshot(`
    "List the runs of a store, newest first.
    nlpflow runs alone does the same. A run goes by its id, the start of its id, its name, or last.

    Usage: nlpflow runs list [options]

    Options:
          --status running|done|failed|interrupted  only these
          --tag TEXT                                only runs with this tag; may be repeated
          --name TEXT                               only runs with this in their name
          --since WHEN                              only runs from a date or a span on, e.g. 2026-11-24
                                                    or 7d
          --sort created|best|name|seconds          order: best compares runs of one metric (default
                                                    created)
          --limit N                                 show so many, 0 for all; default: 50, with --json
                                                    all

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow runs
          newest first
      nlpflow runs list --tag keep --sort best
          tagged runs, the best first
      nlpflow runs list --since 7d --status failed
          what went wrong this week
      nlpflow runs --json
          all of them, for programs
    "
  `);
  expect(await help('runs --help')).toBe(await help('runs list --help'));
  expect(await help('help runs')).toBe(await help('runs list --help'));
});

test('nlpflow runs show', async () => {
  expect(await help('runs show --help')).toMatchInlineSnapshot(`
    "Show what a run was and what came of it.

    Usage: nlpflow runs show [RUN] [options]

    Arguments:
      [RUN]  id, name or last (default last)

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow runs show last
          configuration, origin, results and resources of the last run
    "
  `);
});

test('nlpflow runs diff', async () => {
  expect(await help('runs diff --help')).toMatchInlineSnapshot(`
    "Show in what two runs differ.
    Inputs, recipe, model, grid, best configuration, metrics, keys and versions; what is equal is left
    out.

    Usage: nlpflow runs diff A B [options]

    Arguments:
      A  id, name or last
      B  id, name or last

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow runs diff baseline last
          by name, and the last one
    "
  `);
});

test('nlpflow runs tag', async () => {
  expect(await help('runs tag --help')).toMatchInlineSnapshot(`
    "Change a run's tags, name and note.
    gc keeps tagged runs. A tag has at least two characters.

    Usage: nlpflow runs tag RUN [+TAG|-TAG...] [options]

    Arguments:
      RUN             id, name or last
      [+TAG|-TAG...]  tags to add or to take off

    Options:
          --name TEXT  another name
          --note TEXT  a sentence about the run

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow runs tag last +keep -draft
          adds one tag and takes another off
      nlpflow runs tag last --note "before the new stop words"
          a sentence about it; an empty one removes it
    "
  `);
});

test('nlpflow runs rm', async () => {
  expect(await help('runs rm --help')).toMatchInlineSnapshot(`
    "Remove runs.
    Results that they share with other runs stay; gc removes those that no run refers to any more.

    Usage: nlpflow runs rm RUN... [options]

    Arguments:
      RUN...  id, name or last

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow runs rm trial
          the newest run of a name
    "
  `);
});

test('nlpflow gc', async () => {
  expect(await help('gc --help')).toMatchInlineSnapshot(`
    "Remove old runs, and results that no run refers to.
    Safe beside running runs: nothing that one of them uses or may use is removed, nor any result
    younger than an hour. Tables of --upload-data go when no run reads them any more. best keeps the
    best run of each table, outcome and metric; last keeps the newest of each name.

    Usage: nlpflow gc [options]

    Options:
          --older-than SPAN  remove runs that ended longer ago (default 30d)
          --keep RULES       runs that stay: best, tagged, last, tag:NAME, or none (default best,tagged)
          --dry-run          only say what would be removed

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow gc --dry-run
          what would be removed, and how much room that makes
      nlpflow gc --older-than 30d --keep best,tagged
          the defaults
      nlpflow gc --older-than 7d --keep tag:release,last
          other rules
    "
  `);
});

test('nlpflow logs', async () => {
  expect(await help('logs --help')).toMatchInlineSnapshot(`
    "Show what happened in a run and what its workers printed.
    Kept in the store, also of attempts that failed and of workers that are gone. With --follow the
    tasks of AWS Batch are read from CloudWatch Logs while they run.

    Usage: nlpflow logs RUN [TASK] [options]

    Arguments:
      RUN     id, name or last
      [TASK]  only tasks with this in their id or label

    Options:
          --task TASK  the same as TASK
          --failed     only tasks that failed
      -f, --follow     go on until the run ends

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow logs last --follow
          until the run ends
      nlpflow logs last --failed
          only tasks that failed, with the causes
      nlpflow logs last b02/fold1 --follow
          one task
    "
  `);
});

test('nlpflow why-rerun', async () => {
  expect(await help('why-rerun --help')).toMatchInlineSnapshot(`
    "Say why a run computed what it did not reuse.
    Names the fields that differed from the nearest earlier tasks, old and new. Threads, paths and
    machines are part of no key.

    Usage: nlpflow why-rerun RUN [options]

    Arguments:
      RUN  id, name or last

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow why-rerun last
          the field behind each stage that was computed
    "
  `);
});

test('nlpflow reproduce', async () => {
  expect(await help('reproduce --help')).toMatchInlineSnapshot(`
    "Print how a run is repeated, and check whether that gives the same.
    Compares the data, the versions and the commit with those of the run.

    Usage: nlpflow reproduce RUN [options]

    Arguments:
      RUN  id, name or last

    Options:
          --run    repeat the run, and compare what comes out
          --fresh  with --run: reuse nothing
          --force  with --run: also when data or versions differ

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow reproduce last
          the command, and what has changed since
      nlpflow reproduce last --run --fresh
          computes everything again and compares the results
    "
  `);
});

test('nlpflow get', async () => {
  expect(await help('get --help')).toMatchInlineSnapshot(`
    "Write an artifact of a run to a file.
    ARTIFACT is vocabulary, matrix, results, predictions, metrics, model, bad_rows, plan or trace. The
    extension chooses the format: .csv .parquet .json .arrow; for a model .nlpf .ubj .json; plan is
    .json.

    Usage: nlpflow get RUN ARTIFACT [options]

    Arguments:
      RUN       id, name or last
      ARTIFACT  what to write

    Options:
      -o, --output FILE  file to write (needed)

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow get last vocabulary -o vocabulary.csv
          token, column, n, df, idf
      nlpflow get last matrix -o matrix.parquet
          row, col, value
      nlpflow get last model -o model.ubj
          for XGBoost in any language
    "
  `);
});

test('nlpflow tokens', async () => {
  expect(await help('tokens --help')).toMatchInlineSnapshot(`
    "Show what each step of the recipe does to some rows.
    Also says why a token was dropped. The recipe is learned on the whole table.

    Usage: nlpflow tokens [CONFIG] [options]

    Arguments:
      [CONFIG]  configuration (default nlpflow.yaml), a table, or an earlier run

    Options:
          --n N        number of rows (default 5)
          --rows ROWS  these rows instead, e.g. 0,17,42

    Configuration (each overrides the file):
          --text COLUMN              column that holds the text
          --outcome EXPR             what to predict: a column or an expression, e.g. "log1p(size)"
          --prop N                   share of rows to train on
          --split-column COLUMN      column that says train or test
          --seed N                   seed of the split and the folds
          --folds N                  cross-validation folds
          --na empty|drop|error      a missing text
          --empty keep|drop          a row with an empty text
          --max-bad-rows N           share of unreadable rows that is accepted
          --encoding TEXT            encoding of the table, e.g. windows-1252
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow tokens nlpflow.yaml --n 5
          the first five rows
      nlpflow tokens nlpflow.yaml --rows 17,4711
          rows by their number; the first row is 0
    "
  `);
});

test('nlpflow config', async () => {
  expect(await help('config --help')).toMatchInlineSnapshot(`
    "Check a configuration, or print it with all defaults filled in.

    Usage: nlpflow config [CONFIG] [options]

    Arguments:
      [CONFIG]  configuration (default nlpflow.yaml), a table, or an earlier run

    Options:
          --resolved  print the complete configuration
          --schema    print the JSON schema of configurations

    Configuration (each overrides the file):
          --text COLUMN              column that holds the text
          --outcome EXPR             what to predict: a column or an expression, e.g. "log1p(size)"
          --prop N                   share of rows to train on
          --split-column COLUMN      column that says train or test
          --seed N                   seed of the split and the folds
          --folds N                  cross-validation folds
          --na empty|drop|error      a missing text
          --empty keep|drop          a row with an empty text
          --max-bad-rows N           share of unreadable rows that is accepted
          --encoding TEXT            encoding of the table, e.g. windows-1252
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow config nlpflow.yaml
          say what is wrong with it
      nlpflow config nlpflow.yaml --resolved
          after files, environment, flags and defaults were merged
      nlpflow config --schema
          the JSON schema, for editors
    "
  `);
});

test('nlpflow init', async () => {
  expect(await help('init --help')).toMatchInlineSnapshot(`
    "Look at a table and write a commented nlpflow.yaml for it.
    Shows what the columns hold, chooses text and outcome and says why; where several fit, it asks and
    shows the commands to go on. Nothing is overwritten without --force.

    Usage: nlpflow init DATA [options]

    Arguments:
      DATA  table: .csv or .tsv, plain, .gz or .zst

    Options:
          --text COLUMN    column that holds the text
          --outcome EXPR   what to predict: a column or an expression
          --encoding TEXT  encoding of the table, e.g. windows-1252
      -o, --output FILE    file to write (default nlpflow.yaml)
          --force          overwrite the file

    How the table is written (recognised where it is not said):
          --delimiter CHAR   character between fields
          --quote CHAR       character around fields, or none where quotes are plain text
          --escape CHAR      character that takes the meaning from the next one, or none
          --header           the first record names the columns
          --no-header        the first record is data; columns are column_1, column_2, …
          --columns A,B,…    names of the columns, where there is no header
          --na-values A,B,…  more values that stand for a missing one, e.g. -,?
          --decimal .|,      what stands before decimals
          --thousands CHAR   what groups thousands, e.g. ',' or ' '
          --currency SIGN    sign or code of amounts, e.g. $ or EUR

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX of the runs (default .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow init reviews.csv
          writes nlpflow.yaml
      nlpflow init reviews.csv --outcome "up - down" -o votes.yaml
          another outcome, another file
    "
  `);
});

test('every example and every option of a command is in its help', async () => {
  for (const command of COMMANDS) {
    const text = await help(`${command.name} -h`);
    expect(await help(`help ${command.name}`)).toBe(text);
    for (const name of Object.keys(command.options)) {
      expect(text).toContain(`--${name}`);
    }
    for (const [example] of command.examples) {
      expect(text).toContain(`nlpflow ${example}`);
    }
  }
});
