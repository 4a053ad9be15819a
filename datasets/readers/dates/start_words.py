"""Words for the start of a recording, in the lines around its table, and for other dates."""

import re

START_WORD = re.compile(
    r"(?:\b|wf_)(?:start\w*|t0|(?:log|test|trigger|excel)\W?(?:date|time)\w*|\w*begin\w*|first|date_time_first\w*|record(?!er)\w*|mess(?:datum|zeit)|aufzeichnung\w*|(?:aufnahme|erfassungs|pr[üu]f)(?:datum|zeit|beginn)|(?:acqu\w*|meas\w*|capture|collection)[\s_]date|anfang|inicio|d[ée]but|inizio"
    r"|timeseries|WID2|начал\w*|开始\w*|起始\w*|\w{0,9}開始\w*|시작\w*|başlang\u0131ç\w*|początek|rozpoczęcia|začátek|kezd\w*"
    r"|aloitus\w*|meetstart|trig\s?date|acquired|(?:logged|recorded|measured)\s+from)\b"
    r"|^(?:time\s?stamp|date[\s_/-]?time|date|datum|fecha|data|time|uhrzeit|zeit|zeitpunkt|hora|heure|ora|from|дата|время"
    r"|dato|tid|日期|时间|日付|時刻|日時|測定日時|测试日期|측정\s?일시)\b",
    re.IGNORECASE,
)
_NO_START = re.compile(
    r"[^:=,;\t]*(?:birth|geburt|naissance|nacimiento|nascita|nascimento|zone|zona|fuseau|fuso|format"
    r"|offset|export|expir)",
    re.IGNORECASE,
)
"""Keys of dates that are no start, and of times that are none of the day."""
_OF_ELSE = re.compile(
    r"[^:=,;\t]*(?:\bprint|impres|stamp[ae]t?\b|wydruk|gedruckt|druckdatum|[ck]alib|étalonn|tarat|justier|download|upload|purchas|kauf|report"
    r"|bericht|rapport|informe|modif|änder|install|servic|mainten|wartung|sync|manufact|herstell|version|firmware|saved|gespeichert"
    r"|generat|\bend(?:e|ed|s|ing|time|date|zeit)?\b|stop|until|finish|\bbis\b|\bfin\b|\bfine\b|\bfim\b|slut|koniec|konec|einde|конец"
    r"|оконч|结束|終了|종료|打印|校准|校正|导出)",
    re.IGNORECASE,
)
"""Keys of dates of something else: the end, a print, a calibration, the device."""
_BEGINS = re.compile(
    r"[^:=,;\t]*(?:start|begin|\bfrom\b|first|anfang|inicio|d[ée]but|inizio|начал|开始|開始|시작)",
    re.IGNORECASE,
)


def tells_start(line: str) -> bool:
    """Return True if a line has a word for the start, and is not of another date, such as the end.

    A word for the beginning makes a start of any other: Report start.
    """
    if not START_WORD.search(line) or _NO_START.match(line):
        return False
    return _OF_ELSE.match(line) is None or _BEGINS.match(line) is not None
