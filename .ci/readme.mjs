// Runs the commands of README.md against the service and compares what they print with what it shows.
//
// A `console` block is run: lines that begin with "$ " are commands, those with "> " continue one, the others are what
// it prints. A block of commands that can't be run here is a `sh` block after a comment that says so:
// <!-- not run by CI: why -->
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SHELLS = ['console', 'sh', 'bash', 'shell', 'zsh', ''];
const NOT_RUN = /^<!-- not run by CI: .+ -->$/;

const steps = [];
const complaints = [];
let block = null;
let before = '';
readFileSync(process.argv[2], 'utf8').split('\n').forEach((line, index) => {
  const at = `line ${index + 1}`;
  const fence = /^\s*```(.*)$/.exec(line);
  if (fence && block === null) {
    block = fence[1].trim();
    if (SHELLS.includes(block) && (block === 'console') === NOT_RUN.test(before)) {
      complaints.push(`${at}: a block of commands is either \`console\` or says why it is not run`);
    }
  } else if (fence) {
    block = null;
    before = '';
  } else if (block === null) {
    before = line.trim() || before;
  } else if (block === 'console') {
    if (line.startsWith('$ ')) {
      steps.push({ at, command: line.slice(2), shown: '' });
    } else if (steps.length === 0) {
      complaints.push(`${at}: an output without a command`);
    } else if (line.startsWith('> ')) {
      steps.at(-1).command += `\n${line.slice(2)}`;
    } else {
      steps.at(-1).shown += `${line}\n`;
    }
  }
});
if (steps.length === 0) {
  complaints.push('there is no command to run');
}

// One shell for all of them, as variables stay; curl's progress is not for a pipe
const home = mkdtempSync(join(tmpdir(), 'readme-'));
writeFileSync(join(home, '.curlrc'), 'silent\nshow-error\nmax-time = 20\n');
const mark = `==${Math.random()}==`;
const script = steps.map(({ command }) => `${command}\nprintf '\\n%s %d\\n' '${mark}' $?\n`).join('');
const shell = spawnSync('bash', ['-c', `exec 2>&1\n${script}`], {
  cwd: home, encoding: 'utf8', timeout: 120_000, env: { ...process.env, CURL_HOME: home },
});
rmSync(home, { recursive: true });

const results = shell.stdout.split(new RegExp(`\\n${mark.replace('.', '\\.')} (\\d+)\\n`));
const comparable = (text) => text.trim()
  .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
  .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>');
steps.forEach(({ at, command, shown }, index) => {
  const printed = results[2 * index] ?? '';
  const status = results[2 * index + 1] ?? 'none';
  console.log(`$ ${command}\n${printed.trim()}`);
  if (status !== '0') {
    complaints.push(`${at}: exit code ${status}`);
  }
  if (comparable(printed) !== comparable(shown)) {
    complaints.push(`${at}: shows\n${comparable(shown)}\nbut it prints\n${comparable(printed)}`);
  }
});
complaints.forEach((complaint) => console.error(`README.md, ${complaint}`));
console.log(`${steps.length} commands of README.md run, ${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;
