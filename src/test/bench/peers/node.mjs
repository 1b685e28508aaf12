// The same contract's hot path in Node, in two processes: fastify, @fastify/jwt, better-sqlite3
import cluster from 'node:cluster';
import Database from 'better-sqlite3';
import Fastify from 'fastify';
import jwt from '@fastify/jwt';

const [file, port] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = wal');
if (cluster.isPrimary) {
  db.exec(`create table if not exists user (id integer primary key, first_name text, last_name text, email text unique,
    password text, created_on text)`);
  db.prepare('insert or ignore into user values (1, ?, ?, ?, ?, ?)').run('A', 'B', 'a@example.com', '-', '2026-11-23T21:18:18Z');
  cluster.fork();
  cluster.fork();
} else {
  const app = Fastify();
  await app.register(jwt, { secret: 'a secret of more than 32 characters, for a bench' });
  const byId = db.prepare('select id, first_name, last_name, email, created_on from user where id = ?');
  app.get('/token', () => ({ token: app.jwt.sign({ id: 1 }, { expiresIn: '1h' }) }));
  app.get('/users/:id/', (request, reply) => {
    let user;
    try {
      user = byId.get(app.jwt.verify(request.headers.authorization).id);
    } catch {
      user = undefined;
    }
    if (!user) return reply.code(401).send({ error: 'Authentication failed' });
    return byId.get(Number(request.params.id)) ?? reply.code(404).send({ error: 'Invalid user id' });
  });
  await app.listen({ host: '127.0.0.1', port: Number(port) });
}
