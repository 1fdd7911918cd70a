// `npm run headless -- COMMAND …`: finds the command, runs it, and turns any failure into one clear line.
// Exit status: 0 done, 1 failed, 2 called wrongly.

import { AppError } from '../../src/util/errors.ts';
import { choicesInWords, UsageError } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { LABEL_FILE_USAGE } from './labelArguments.ts';

function help(): string {
  const rows = Object.values(COMMANDS).map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
  return `npm run headless -- COMMAND\n\n${rows.join('\n')}\n\nWherever films are read: ${choicesInWords()}, --leave-out FOLDER or '*/NAME' (any number), --keep FOLDER for pictures taken for masks.\nFor label files: ${LABEL_FILE_USAGE}. --labels may be given several times.\nGPU=hardware or GPU=software fixes the adapter.`;
}

/** The one line for a failure: code, sentence, remedy; line breaks within are closed up. */
function failureLine(error: unknown): string {
  const known =
    error instanceof AppError || error instanceof UsageError
      ? error
      : new AppError(
          'internal',
          error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
        );
  const text =
    known instanceof UsageError ? `usage: ${known.message}` : `${known.code}: ${known.message} ${known.hint}`;
  return `error ${text}`.replace(/\s+/g, ' ');
}

async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (!name || name === 'help' || name === '--help') {
    console.log(help());
    return name ? 0 : 2;
  }
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) {
      throw new UsageError(`there is no command ${name}; there are ${Object.keys(COMMANDS).join(', ')}.`);
    }
    await command.run(argv);
    return 0;
  } catch (error) {
    console.error(failureLine(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
