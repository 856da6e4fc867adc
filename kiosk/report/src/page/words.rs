//! The page's own words, in both languages.

/// Chinese and English.
pub(crate) type Both = (&'static str, &'static str);

pub(crate) const TITLE: Both = ("终端就绪报告", "Kiosk readiness report");
pub(crate) const READY: Both = ("可以使用", "READY");
pub(crate) const NOT_READY: Both = ("有故障", "NOT READY");

pub(crate) const KIOSK: Both = ("终端", "Kiosk");
pub(crate) const MADE: Both = ("时间", "Made");
pub(crate) const VERSION: Both = ("软件", "Software");
pub(crate) const SELF_TEST: Both = ("自检", "Self-test");
pub(crate) const NEVER: Both = ("从未", "never");
pub(crate) const SCAN: Both = ("扫码核验", "Scan to verify");

pub(crate) const DEVICES: Both = ("设备", "Devices");
pub(crate) const DEVICE: Both = ("名称", "Device");
pub(crate) const MODEL: Both = ("型号", "Model");
pub(crate) const SERIAL: Both = ("序列号", "Serial");
pub(crate) const FIRMWARE: Both = ("固件", "Firmware");
pub(crate) const STATE: Both = ("状态", "State");
pub(crate) const FINE: Both = ("正常", "fine");
pub(crate) const NOT_FITTED: Both = ("未装", "not fitted");
pub(crate) const NOTICE: Both = ("提示", "notice");
pub(crate) const DEGRADED: Both = ("降级", "degraded");
pub(crate) const STOPPED: Both = ("故障", "fault");
pub(crate) const SINCE: Both = ("自", "since");

pub(crate) const TESTS: Both = ("测试", "Tests");
pub(crate) const TEST: Both = ("项目", "Test");
pub(crate) const RESULT: Both = ("结果", "Result");
pub(crate) const MEASURED: Both = ("测得", "Measured");
pub(crate) const TOOK: Both = ("用时", "Took");
pub(crate) const PASSED: Both = ("通过", "passed");
pub(crate) const FAILED: Both = ("未通过", "failed");
pub(crate) const UNTRIED: Both = ("未测", "not tried");
pub(crate) const BY_HAND: Both = ("人工", "by hand");
pub(crate) const NONE: Both = ("无", "none");

pub(crate) const TICKET_LOOP: Both = ("试票回读", "Ticket loop");
pub(crate) const PRINTER: Both = ("打印", "Printer");
pub(crate) const SCANNER: Both = ("扫描", "Scanner");
pub(crate) const GOOD: Both = ("良好", "good");
pub(crate) const WATCH: Both = ("留意", "watch");
pub(crate) const BAD: Both = ("需维修", "mend");
pub(crate) const NO_LOOP: Both = ("未做", "not done");

pub(crate) const COUNTERS: Both = ("用纸", "Paper");
pub(crate) const TICKETS: Both = ("已打印", "Tickets");
pub(crate) const PAPER: Both = ("已用纸", "Paper used");
pub(crate) const TICKETS_LEFT: Both = ("可再打印", "Tickets left");
pub(crate) const DAYS_LEFT: Both = ("可用天数", "Days left");
pub(crate) const UNKNOWN: Both = ("未知", "unknown");

pub(crate) const OUTBOX: Both = ("待送", "Outbox");
pub(crate) const WAITING: Both = ("等待", "Waiting");
pub(crate) const OLDEST: Both = ("最早", "Oldest");
pub(crate) const REFUSED: Both = ("被拒", "Refused");

pub(crate) const VERSIONS: Both = ("版本", "Versions");
pub(crate) const CERTIFICATE: Both = ("证书", "Certificate");
pub(crate) const UNTIL: Both = ("有效至", "valid until");
pub(crate) const SIGNED: Both = (
    "本页与所附数据由终端密钥签名，签名在同名 .jws 文件中。",
    "This page and the data attached to it are signed with the kiosk's key; the signature is in the .jws file.",
);
pub(crate) const CODE: Both = ("签名短报告的二维码", "QR code of the signed short report");
pub(crate) const DATA: &str = "The report as JSON, from which this page was made";
