/** Where a Hugging Face checkpoint keeps its parts: a folder, or the path of its model.safetensors. */
import { accessSync, constants, existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { RunSpec } from '../../shared/model/spec';
import { makeFolder } from '../install/make-folder';

/** The config.json that belongs to the weights at `path`. */
export function configBeside(path: string): string {
  return join(
    path.endsWith('.safetensors') ? dirname(resolve(path)) : resolve(path),
    'config.json',
  );
}

/** What a person would call it: the name of its folder. */
export function checkpointName(path: string): string {
  return basename(dirname(configBeside(path)));
}

/**
 * Makes the folder that a checkpoint's own will stand in, so that no training is done for nothing. Throws `bad_input`
 * where a run has no weights to keep, or its folder is there, since nothing is overwritten; `unwritable` where no folder
 * can be made.
 */
export function prepareSaving({ mode }: RunSpec, folder: string): void {
  if (mode !== 'train')
    throw new Failure(
      'bad_input',
      `Only training has weights to keep, and the mode is ${mode}.`,
      'Add --mode train, or leave --save-weights out.',
    );
  if (existsSync(folder))
    throw new Failure(
      'bad_input',
      `"${folder}" is there already, and weights are kept only where nothing is overwritten.`,
      'Give a new folder with --save-weights, or remove that one.',
    );
  try {
    makeFolder(dirname(folder));
    accessSync(dirname(folder), constants.W_OK);
  } catch (cause) {
    throw new Failure(
      'unwritable',
      `The weights cannot be written to "${folder}".`,
      'Give a folder you may write to with --save-weights.',
      cause,
    );
  }
}
