// A central store that shares nothing with Onedoor: the tus server of the npm registry on a disk,
// behind Node's own TLS 1.3 with certificates of a CA made by openssl, and beside it the two requests
// of kiosk/store/openapi.yaml that turn an upload into a material.
//
//   node tus-store.mjs FOLDER [BYTES]
//
// Says in one line of JSON where it is and which certificates a kiosk needs, then serves until its
// standard input ends. With BYTES the line from the kiosk breaks once, after so many bytes of a
// connection. FOLDER/requests.log tells every request, FOLDER/materials what was handed over.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const [folder, cutAfter] = process.argv.slice(2)
const place = (...names) => path.join(folder, ...names)
for (const name of ['pki', 'files', 'materials']) await mkdir(place(name), { recursive: true })

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

const tus = new Server({ path: '/files', datastore: new FileStore({ directory: place('files') }) })

async function digest(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function json(request) {
  let text = ''
  for await (const piece of request) if ((text += piece).length > 65536) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const there = (file) => access(file).then(() => true, () => false)

/** GET and PUT of /v1/materials/ID, by the contract: the digest is computed here, from what is held. */
async function material(request, id) {
  const note = place('materials', `${id}.json`)
  const known = (await there(note)) && JSON.parse(await readFile(note, 'utf8'))
  if (request.method === 'GET') return known ? [200, known.receipt] : [404, { error: 'no such material' }]
  if (request.method !== 'PUT') return [405, { error: 'GET or PUT' }]
  const said = await json(request)
  const upload = /^\/files\/([0-9a-f]+)$/.exec(said?.upload)?.[1]
  if (!upload || !/^[0-9a-f]{64}$/.test(said.sha256)) return [400, { error: 'not a material' }]
  if (known) return known.receipt.sha256 === said.sha256 ? [200, known.receipt] : [409, { error: 'another digest' }]
  const file = place('files', upload)
  if (!(await there(file))) return [404, { error: 'no such upload' }]
  const [bytes, sha256] = [(await stat(file)).size, await digest(file)]
  if (bytes !== said.bytes || sha256 !== said.sha256) return [422, { error: 'other bytes' }]
  const receipt = { material_id: id, sha256, bytes, received_at: new Date().toISOString() }
  await writeFile(`${note}.part`, JSON.stringify({ said, receipt }))
  await rename(`${note}.part`, note)
  return [200, receipt]
}

const log = (line) => appendFile(place('requests.log'), `${line}\n`)

async function answer(request, response) {
  const id = /^\/v1\/materials\/([A-Za-z0-9_-]{1,64})$/.exec(request.url)?.[1]
  if (id) {
    const [status, body] = await material(request, id)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  } else {
    await tus.handle(request, response)
  }
  await log(`${request.method} ${request.url} ${response.statusCode} ${request.socket.getProtocol()}`)
}

const secure = https.createServer(
  {
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
    ca: await readFile(ca.pem),
    cert: await readFile(store.pem),
    key: await readFile(store.key),
  },
  (request, response) => {
    answer(request, response).catch((error) => {
      console.error(`${request.method} ${request.url}: ${error}`)
      response.destroy()
    })
  },
)
secure.listen(0, '127.0.0.1')
await new Promise((resolve) => secure.once('listening', resolve))

// The line in front of it, which may break.
let fuse = cutAfter ? Number(cutAfter) : undefined
const line = net.createServer((near) => {
  const far = net.connect(secure.address().port, '127.0.0.1')
  let passed = 0
  near.on('data', (piece) => {
    passed += piece.length
    if (fuse !== undefined && passed >= fuse) {
      fuse = undefined
      log('the line broke')
      // What passed before the break has passed; the kiosk sees a reset.
      far.end(piece.subarray(0, piece.length - (passed - Number(cutAfter))))
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
  }),
)
process.stdin.resume().on('end', () => process.exit())
