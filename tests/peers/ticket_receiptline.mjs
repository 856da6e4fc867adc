// Prints the measured ticket with receiptline and tells its size and the time it took.
//
//     node ticket_receiptline.mjs [RUNS [FILE]]
//
// One line of JSON goes to standard output: {"bytes": …, "ms_median": …}. The bytes of the last ticket
// go to FILE where one is given. The ticket is that of drivers/ticket-printer/src/sample.rs, with a rule
// above and below the number.

import { writeFileSync } from "node:fs";
import receiptline from "receiptline";

const TICKET = `^^^不动产登记中心
取号凭条
-
^^^^^A048
-
{w:*}
业务类型：不动产转移登记
前方等候：12 人    办理窗口：3-8 号
取号时间：2026-03-18 09:41:25
{c:https://q.example.cn/t/A048-20260318-094125;o:qr,4,m}
请留意叫号屏幕，过号请重新取号
{p:1}
=`;
const PRINTER = { cpl: 48, encoding: "gb18030", upsideDown: false, spacing: false, cutting: true, command: "escpos" };

const runs = Math.max(Number(process.argv[2] ?? 60), 1);
const times = [];
let ticket;
for (let run = 0; run < runs; run += 1) {
    const begun = process.hrtime.bigint();
    ticket = Buffer.from(receiptline.transform(TICKET, PRINTER), "binary");
    times.push(Number(process.hrtime.bigint() - begun) / 1e6);
}
if (process.argv[3]) writeFileSync(process.argv[3], ticket);
times.sort((a, b) => a - b);
console.log(JSON.stringify({ bytes: ticket.length, ms_median: times[times.length >> 1] }));
