// A central store that shares nothing with Onedoor: the tus server of the npm registry on a disk,
// behind Node's own TLS 1.3 with certificates of a CA made by openssl, and beside it the requests of
// kiosk/store/openapi.yaml that turn an upload into a material and tell what it serves.
//
//   node tus-store.mjs FOLDER [--cut BYTES,…] [--nginx on|off] [--rustus PROGRAM]
//
// Says in one line of JSON where it is and which certificates and keys a kiosk needs, then serves until
// its standard input ends. With --cut the line from the kiosk breaks once for each number, after so many
// bytes of a connection. With --nginx an nginx ends TLS in Node's place, with or without buffering of
// requests. With --rustus the program rustus takes the uploads in the npm registry's place.
// FOLDER/requests.log tells every request, FOLDER/materials what was handed over.

import { execFileSync, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const told = parseArgs({
  allowPositionals: true,
  options: { cut: { type: 'string' }, nginx: { type: 'string' }, rustus: { type: 'string' } },
})
const [folder] = told.positionals
const place = (...names) => path.join(folder, ...names)
for (const name of ['pki', 'files', 'info', 'materials', 'nginx']) await mkdir(place(name), { recursive: true })

/** Makes a certificate: the CA's own when `issuer` is missing. */
async function certificate(name, subject, extensions, issuer) {
  const config = place('pki', `${name}.cnf`)
  const lines = ['[req]', 'distinguished_name = name', 'x509_extensions = extensions', 'prompt = no']
  await writeFile(config, [...lines, '[name]', `CN = ${subject}`, '[extensions]', ...extensions].join('\n'))
  const [key, pem] = [place('pki', `${name}.key`), place('pki', `${name}.pem`)]
  const issued = issuer ? ['-CA', place('pki', `${issuer}.pem`), '-CAkey', place('pki', `${issuer}.key`)] : []
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', pem]
  execFileSync('openssl', ['req', '-x509', '-config', config, '-days', '90', ...made, ...issued], { stdio: 'pipe' })
  return { key, pem }
}

const ca = await certificate('ca', 'peer CA', ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign'])
const leaf = (usage) => ['basicConstraints = critical, CA:FALSE', 'subjectAltName = DNS:localhost', `extendedKeyUsage = ${usage}`]
const store = await certificate('store', 'localhost', leaf('serverAuth'), 'ca')
const kiosk = await certificate('kiosk', 'kiosk', leaf('clientAuth'), 'ca')

const custody = generateKeyPairSync('ed25519')
const custodyKey = place('pki', 'custody.pub.pem')
await writeFile(custodyKey, custody.publicKey.export({ type: 'spki', format: 'pem' }))

/** The tus server of the npm registry. */
function ofNpm() {
  const tus = new Server({ path: '/files', datastore: new FileStore({ directory: place('files') }) })
  return (request, response) => tus.handle(request, response)
}

/** Starts a program; `errors` is where its errors go. */
const startedWithThis = (program, args, errors) => {
  // However this program ends, that one ends with it.
  const started = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], { stdio: ['ignore', 'ignore', errors] })
  started.once('exit', (code) => {
    console.error(`${program} ended: ${code}`)
    process.exit(1)
  })
}

/** Whether somebody listens there. */
const listens = (where) =>
  new Promise((resolve) => {
    const tried = net.connect(where).once('error', () => resolve(false))
    tried.once('connect', () => {
      tried.destroy()
      resolve(true)
    })
  })

/** rustus, on a port that was free a moment ago. */
async function rustus(program) {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const where = { host: '127.0.0.1', port: probe.address().port }
  await new Promise((resolve) => probe.close(resolve))
  startedWithThis(
    program,
    ['--host', where.host, '--port', `${where.port}`, '--url', '/files', '--data-dir', place('files')]
      .concat(['--info-dir', place('info'), '--dir-structure', '', '--log-level', 'ERROR']),
    // It prints a banner.
    'ignore',
  )
  while (!(await listens(where))) await pause(20)
  return (request, response) =>
    new Promise((resolve, reject) => {
      // It serves /files and /files/ID, without a slash at the end.
      const onward = { ...where, method: request.method, path: request.url.replace(/\/$/, ''), headers: request.headers }
      const passed = http.request(onward, (answered) => {
        response.writeHead(answered.statusCode, answered.headers)
        answered.pipe(response).once('finish', resolve)
      })
      passed.once('error', reject)
      request.once('close', () => request.complete || passed.destroy())
      request.pipe(passed)
    })
}

const uploads = told.values.rustus ? await rustus(told.values.rustus) : ofNpm()

async function digest(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function json(request) {
  let text = ''
  for await (const piece of request) if ((text += piece).length > 131072) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const there = (file) => access(file).then(() => true, () => false)

/** The custody code of a registration, by the contract; written in Base32 through its 80 bits in binary. */
function custodyCode({ custody: { previous, pages }, sha256 }) {
  const lines = ['onedoor-list-1', `previous ${previous ?? '-'}`, ...pages.map((page) => `page ${page}`), `document ${sha256}`]
  const first = createHash('sha256').update(lines.join('\n') + '\n').digest().subarray(0, 10)
  const bits = [...first].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[parseInt(five, 2)])
}

function receipt(id, said) {
  const received_at = new Date().toISOString()
  const { code } = said.custody
  const lines = ['onedoor-custody-1', code, said.visit, id, received_at, '']
  const signature = sign(null, Buffer.from(lines.join('\n')), custody.privateKey).toString('base64')
  return { material_id: id, sha256: said.sha256, bytes: said.bytes, received_at, custody: { code, signature } }
}

const texts = (...values) => values.every((value) => typeof value === 'string' && value.length > 0)
const digests = (values) => Array.isArray(values) && values.every((value) => /^[0-9a-f]{64}$/.test(value))

/** Whether a body is a Material of the contract, as far as it is used here. */
function isMaterial(said) {
  const items = Array.isArray(said?.items) && said.items.every((item) => texts(item?.code))
  const pages = said?.custody?.pages
  return items && texts(said.visit, said.kiosk, said.material) && digests([said.sha256]) && digests(pages) && pages.length > 0
}

/** GET and PUT of /v1/materials/ID, by the contract: the digest is computed here, from what is held. */
async function material(request, id) {
  const note = place('materials', `${id}.json`)
  const known = (await there(note)) && JSON.parse(await readFile(note, 'utf8'))
  if (request.method === 'GET') return known ? [200, known.receipt] : [404, { error: 'no such material' }]
  if (request.method !== 'PUT') return [405, { error: 'GET or PUT' }]
  const said = await json(request)
  const upload = /^\/files\/([0-9a-f-]+)$/.exec(said?.upload)?.[1]
  if (!upload || !isMaterial(said)) return [400, { error: 'not a material' }]
  if (known) return known.receipt.sha256 === said.sha256 ? [200, known.receipt] : [409, { error: 'another digest' }]
  const file = place('files', upload)
  if (!(await there(file))) return [404, { error: 'no such upload' }]
  const [bytes, sha256] = [(await stat(file)).size, await digest(file)]
  if (bytes !== said.bytes || sha256 !== said.sha256) return [422, { error: 'other bytes' }]
  if (said.custody.code !== custodyCode(said)) return [422, { error: 'another custody code' }]
  const held = { said, receipt: receipt(id, said) }
  await writeFile(`${note}.part`, JSON.stringify(held))
  await rename(`${note}.part`, note)
  return [200, held.receipt]
}

/** PUT of /v1/materials/ID/service: what the material serves from now on. */
async function service(request, id) {
  const note = place('materials', `${id}.json`)
  if (request.method !== 'PUT') return [405, { error: 'PUT' }]
  const now = await json(request)
  if (!Array.isArray(now?.items) || !now.items.every((item) => texts(item?.code))) return [400, { error: 'no service' }]
  if (!(await there(note))) return [404, { error: 'no such material' }]
  const held = JSON.parse(await readFile(note, 'utf8'))
  Object.assign(held.said, { items: now.items, number: now.number ?? null })
  await writeFile(`${note}.part`, JSON.stringify(held))
  await rename(`${note}.part`, note)
  return [200, {}]
}

/** This store has nobody's licences, and nobody looks through what it was sent. */
async function others(request, url) {
  if (url.pathname === '/v1/licences/query') return [200, { licences: [] }]
  await pause(1000 * Math.min(60, Number(url.searchParams.get('wait'))))
  return [200, { last: Number(url.searchParams.get('after')), events: [] }]
}

const log = (line) => appendFile(place('requests.log'), `${line}\n`)

async function answer(request, response) {
  const url = new URL(request.url, 'https://localhost')
  const [, id, serves] = /^\/v1\/materials\/([A-Za-z0-9_-]{1,64})(\/service)?$/.exec(url.pathname) ?? []
  const other = ['/v1/licences/query', '/v1/review-events'].includes(url.pathname)
  if (id || other) {
    const [status, body] = await (id ? (serves ? service : material)(request, id) : others(request, url))
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    response.writeHead(status, headers).end(JSON.stringify(body))
  } else {
    await uploads(request, response)
  }
  // Behind nginx, TLS is what nginx says.
  const tls = told.values.nginx ? request.headers['x-tls-version'] : request.socket.getProtocol()
  await log(`${request.method} ${request.url} ${response.statusCode} ${tls}`)
}

function serve(request, response) {
  answer(request, response).catch((error) => {
    console.error(`${request.method} ${request.url}: ${error}`)
    response.destroy()
  })
}

/** Node's own TLS; returns where to connect to. */
async function secure() {
  const [authority, cert, key] = await Promise.all([ca.pem, store.pem, store.key].map((file) => readFile(file)))
  const options = { minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true, ca: authority, cert, key }
  const server = https.createServer(options, serve).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { host: '127.0.0.1', port: server.address().port }
}

/** nginx, and this program behind it on a socket; returns where to connect to. */
async function behindNginx(buffering) {
  const home = place('nginx')
  const text = await readFile(new URL('nginx.conf', import.meta.url), 'utf8')
  const filled = text.replaceAll('@FOLDER@', home).replace('@USER@', os.userInfo().username).replace('@BUFFERING@', buffering)
  await writeFile(path.join(home, 'nginx.conf'), filled)
  const server = http.createServer(serve).listen(path.join(home, 'store.sock'))
  await new Promise((resolve) => server.once('listening', resolve))
  startedWithThis('nginx', ['-c', path.join(home, 'nginx.conf'), '-e', path.join(home, 'error.log')], 'inherit')
  const front = { path: path.join(home, 'front.sock') }
  while (!(await listens(front))) await pause(20)
  return front
}

const front = told.values.nginx ? await behindNginx(told.values.nginx) : await secure()

// The line in front of it, which may break.
const cuts = told.values.cut ? told.values.cut.split(',').map(Number) : []
const line = net.createServer((near) => {
  const far = net.connect(front)
  let passed = 0
  near.on('data', (piece) => {
    passed += piece.length
    if (passed >= cuts[0]) {
      const over = passed - cuts.shift()
      log('the line broke')
      // What passed before the break has passed; the kiosk sees a reset.
      far.end(piece.subarray(0, piece.length - over))
      near.resetAndDestroy()
    } else if (!far.write(piece)) {
      near.pause()
    }
  })
  far.on('drain', () => near.resume())
  far.pipe(near)
  near.on('end', () => far.end()).on('error', () => far.end())
  far.on('error', () => near.destroy())
})
line.listen(0, '127.0.0.1')
await new Promise((resolve) => line.once('listening', resolve))

console.log(
  JSON.stringify({
    url: `https://localhost:${line.address().port}`,
    ca: ca.pem,
    certificate: kiosk.pem,
    key: kiosk.key,
    custody_key: custodyKey,
  }),
)
process.stdin.resume().on('end', () => process.exit())
