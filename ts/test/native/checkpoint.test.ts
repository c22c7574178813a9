/** Trainings that are stopped and go on, through the add-on: the same bytes, whatever lies where the checkpoint is kept. */

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkpointPath } from '../../src/flow/checkpoint.ts';
import { plan, planFit, taskOf } from '../../src/flow/plan.ts';
import { runTask, type Task, type TaskResult } from '../../src/flow/task.ts';
import { digestFile } from '../../src/native/binding.ts';
import { registry } from '../../src/native/registry.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from './built.ts';

const ROUNDS = 400;
