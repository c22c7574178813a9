/** Variables that no option names and no key of the configuration stands behind; the reference lists them. */

/** What each does. */
export const VARIABLES: Readonly<Record<string, string>> = {
  NLPFLOW_CACHE: 'folder of compiled code and of objects from S3 (default `~/.cache/nlpflow`)',
  NLPFLOW_CACHE_LIMIT: 'bytes that objects from S3 may take there, such as `20GiB` (the default)',
  NLPFLOW_CHECKPOINT_ROUNDS: 'a training is kept after so many rounds',
  NLPFLOW_CHECKPOINT_SECONDS: 'and after so many seconds',
  NLPFLOW_CHUNK_BYTES: 'bytes of a table that one thread reads at a time; no result depends on it',
  NLPFLOW_DEBUG: 'when it is not empty, errors show where they happened',
  NLPFLOW_MEMORY: 'memory that trainings may use together, such as `8GiB`, instead of what is free',
  NLPFLOW_NATIVE: 'path of the add-on, instead of the one that was built',
  NLPFLOW_NOHUP: 'set by `scripts/nlpflow` under `nohup`: a terminal that is closed ends nothing',
  NLPFLOW_SHARED_STORE: '`1` says that containers find a folder as store at the same path',
  NLPFLOW_WORKER: 'module of the worker processes, for tests',
};
