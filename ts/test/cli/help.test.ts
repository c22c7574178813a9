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
      init DATA                 look at a table and write a commented nlpflow.yaml for it
      run [CONFIG]              preprocess, tune and fit: from a table to a tested, saved model
      preprocess [CONFIG|DATA]  turn the texts of a table into a document-term matrix
      tune [RUN|CONFIG]         cross-validate a grid of configurations
      fit [RUN|CONFIG]          fit the best configuration on all training rows and test it
      predict MODEL INPUT       score a table with a saved model: a row in, a row out
      runs [list|show] [RUN]    list the runs of a store, or show one of them
      get RUN ARTIFACT          write an artifact of a run to a file
      attach RUN                watch a run on AWS Batch until it ends, or go on with one whose process
                                is gone
      cancel RUN                end all tasks of a run on AWS Batch
      why RUN                   what a run on AWS Batch waits for
      tokens [CONFIG]           show what each step of the recipe does to some rows
      config [CONFIG]           check a configuration, or print it with all defaults filled in

    Options:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
          --dry-run         show the plan and what is there already, and stop
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
          --delimiter TEXT           character between fields
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB (default 4GiB)
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
          --dry-run         show the plan and what is there already, and stop
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
          --delimiter TEXT           character between fields
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB (default 4GiB)
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
          --dry-run         show the plan and what is there already, and stop
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
          --delimiter TEXT           character between fields
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB (default 4GiB)
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
          --dry-run         show the plan and what is there already, and stop
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
          --delimiter TEXT           character between fields
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    AWS Batch (with --on batch):
          --queue NAME            job queue that takes the tasks (or NLPFLOW_QUEUE)
          --on-demand-queue NAME  where a task goes whose spot host was taken away twice (or
                                  NLPFLOW_ON_DEMAND_QUEUE)
          --image URI             container image with nlpflow (or NLPFLOW_IMAGE)
          --cpu N                 vCPUs of a task (default 1)
          --memory SIZE           memory of a task, e.g. 15GiB (default 4GiB)
          --max-parallel N        tasks at once (or NLPFLOW_MAX_PARALLEL)
          --timeout S             seconds that a task may take, at least 60
          --job-role ARN          role with which tasks use the store (or NLPFLOW_JOB_ROLE)
          --execution-role ARN    role that pulls the image and writes logs; Fargate needs it (or
                                  NLPFLOW_EXECUTION_ROLE)
          --log-group NAME        log group of the tasks (default /aws/batch/job) (or NLPFLOW_LOG_GROUP)
          --detach                return at once; selection and fit happen on AWS Batch, too

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
      -o, --output OUT      file to write: .csv .parquet .json or .arrow (needed)
          --trees K         use the first K trees only
          --text COLUMN     column that holds the text, when it has another name than in training
          --encoding TEXT   encoding of the table, e.g. windows-1252
          --delimiter TEXT  character between fields

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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

test('nlpflow runs', async () => {
  expect(await help('runs --help')).toMatchInlineSnapshot(`
    "List the runs of a store, or show one of them.

    Usage: nlpflow runs [list|show] [RUN] [options]

    Arguments:
      [list|show]  what to do
      [RUN]        id, name or last

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
          --json         events and results as JSON lines on standard output (or NLPFLOW_JSON)
      -q, --quiet        only results and what went wrong (or NLPFLOW_QUIET)
          --no-color     no colours; the variable NO_COLOR does the same

    Examples:
      nlpflow runs
          newest first
      nlpflow runs show last
          what came of the last run
      nlpflow runs --json
          one JSON object for programs
    "
  `);
});

test('nlpflow get', async () => {
  expect(await help('get --help')).toMatchInlineSnapshot(`
    "Write an artifact of a run to a file.
    ARTIFACT is vocabulary, matrix, results, predictions, metrics, model, bad_rows or plan. The
    extension chooses the format: .csv .parquet .json .arrow; for a model .nlpf .ubj .json; plan is
    .json.

    Usage: nlpflow get RUN ARTIFACT [options]

    Arguments:
      RUN       id, name or last
      ARTIFACT  what to write

    Options:
      -o, --output FILE  file to write (needed)

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
          --delimiter TEXT           character between fields
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
          --delimiter TEXT           character between fields
          --stopwords-language TEXT  language of the stop words, e.g. en
          --min-times N              token filter: lower bound of a token's count or share
          --max-times N              token filter: upper bound
          --max-tokens N             token filter: number of tokens to keep
          --metric TEXT              metric that selects the best configuration
          --grid NAME=VALUES         values to cross, e.g. trees=300,500; may be repeated
          --set KEY=VALUE            any key of the configuration, e.g. model.min_n=5; may be repeated

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
    Chooses the text column and the outcome, and says why. Nothing is overwritten without --force.

    Usage: nlpflow init DATA [options]

    Arguments:
      DATA  table: .csv or .tsv, plain, .gz or .zst

    Options:
          --text COLUMN     column that holds the text
          --outcome EXPR    what to predict: a column or an expression
          --encoding TEXT   encoding of the table, e.g. windows-1252
          --delimiter TEXT  character between fields
      -o, --output FILE     file to write (default nlpflow.yaml)
          --force           overwrite the file

    Options of every command:
          --store STORE  folder or s3://BUCKET/PREFIX that holds runs and their artifacts (default
                         .nlpflow, or NLPFLOW_STORE)
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
