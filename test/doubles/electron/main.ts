/**
 * What the main process gets from `electron`: these names and no others. The compiler holds them to Electron's own types, so that
 * a new major that changes them is noticed here; a name that is missing fails the import by its name.
 */
import type * as Real from 'electron';
import { app, entryLoaded } from './application.ts';
import { MessageChannelMain } from './ports.ts';
import { protocol } from './protocol.ts';
import { dialog, Menu, nativeTheme, screen, shell } from './recorded.ts';
import { endUtilities, utilityProcess } from './utility.ts';
import { BrowserWindow, ipcMain, session } from './windows.ts';

/** The members of a doubled class that the real one has too, with the real types. */
type Members<Double, Whole> = {
  [Key in Extract<keyof Double, keyof Whole>]: Double[Key] extends Whole[Key] ? Key : never;
}[Extract<keyof Double, keyof Whole>];
type Conforms<Double, Whole, Own extends PropertyKey = never> = [
  Exclude<keyof Double, Members<Double, Whole> | Own | keyof NodeJS.EventEmitter>,
] extends [never]
  ? true
  : false;
true satisfies Conforms<BrowserWindow, Real.BrowserWindow, 'refusesNavigation' | 'refuseWindow'>;
true satisfies Conforms<MessageChannelMain, Real.MessageChannelMain>;
({
  app,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
}) satisfies Partial<typeof Real>;

process.on('exit', endUtilities);

export {
  app,
  BrowserWindow,
  dialog,
  entryLoaded,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
};
export default {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
};
