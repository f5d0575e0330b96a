"""What each word of templates is for, in a line: read by `usher docs` and by the tests, which want every word here.

`Templates.words()` gives them as (kind, name, description); Jinja's own are described in its documentation.
"""

from collections.abc import Mapping
from typing import Final

from ...words import Words

_TEXT: Final = """
states|The state of an entity; rounded and with_unit format it. states.queue goes through a domain.|实体的状态；rounded、with_unit 用于格式化。states.queue 遍历一个域。
state_attr|An attribute of an entity, or none.|实体的属性，没有则为 none。
state_translated|The state in words; a hall's states have no other words than themselves.|状态的文字；大厅的状态没有别的译名。
is_state|Whether an entity is in a state, or in one of a list.|实体是否处于某状态，或列表中的任一状态。
is_state_attr|Whether an attribute of an entity has this value.|实体的属性是否为该值。
has_value|Whether an entity has a value: it is neither unknown nor unavailable.|实体是否有值（不是 unknown 或 unavailable）。
expand|The states of entities and groups, groups replaced by what is in them.|展开实体与群组，群组换成其成员的状态。
now|The time now, in the hall's zone.|当前时间（大厅时区）。
utcnow|The time now, in UTC.|当前 UTC 时间。
today_at|A time of today: today_at('17:30').|今天的某个时刻：today_at('17:30')。
as_datetime|A time from a text or a timestamp.|由文本或时间戳得到时间。
as_timestamp|Seconds since 1970 from a time or its text.|时间或其文本的 Unix 秒数。
as_local|The same time in the hall's zone.|换算为大厅时区的时间。
as_timedelta|A duration from a text: PT10M, 02:30:00.|由文本得到时长：PT10M、02:30:00。
strptime|A time from a text of a format.|按格式解析文本为时间。
timedelta|A duration: timedelta(minutes=5).|时长：timedelta(minutes=5)。
timestamp_custom|A timestamp in a format of one's own.|按自定格式显示时间戳。
timestamp_local|A timestamp as ISO text in the hall's zone.|时间戳的 ISO 文本（大厅时区）。
timestamp_utc|A timestamp as ISO text in UTC.|时间戳的 ISO 文本（UTC）。
relative_time|How long ago, in the largest unit.|距今多久，取最大单位。
time_since|How long ago, in so many units.|距今多久，可指定单位个数。
time_until|How long until then, in so many units.|还有多久，可指定单位个数。
float|A number with a fraction, or the default.|转为小数，不行则取默认值。
int|A whole number, or the default; base for hexadecimal.|转为整数，不行则取默认值；base 可用于十六进制。
bool|True or false of yes, on, 1 and the like.|由 yes、on、1 等得到真假。
is_number|Whether it is a finite number.|是否为有限数。
round|Rounded to so many digits: common, ceil, floor or half.|四舍五入到若干位：common、ceil、floor、half。
add|A number and an amount more.|加上一个数。
multiply|A number times an amount.|乘以一个数。
average|The mean of a list or of the arguments.|列表或各参数的平均值。
median|The middle of a list or of the arguments.|列表或各参数的中位数。
statistical_mode|What stands most often in a list.|列表中出现最多的值。
min|The least of a list or of the arguments.|列表或各参数的最小值。
max|The greatest of a list or of the arguments.|列表或各参数的最大值。
clamp|Kept between two bounds.|限制在两个界之间。
wrap|Brought between two bounds by turning round.|循环折返到两个界之间。
log|The logarithm to a base; e if none is given.|以某数为底的对数，默认为 e。
sqrt|The square root.|平方根。
sin|The sine.|正弦。
cos|The cosine.|余弦。
tan|The tangent.|正切。
asin|The arc sine.|反正弦。
acos|The arc cosine.|反余弦。
atan|The arc tangent.|反正切。
atan2|The angle of y and x.|由 y、x 求角。
pi|3.14159...|圆周率。
e|2.71828...|自然常数。
tau|Twice pi.|两倍圆周率。
inf|Infinity.|无穷大。
bitwise_and|Bits that both have.|按位与。
bitwise_or|Bits that either has.|按位或。
bitwise_xor|Bits that one of them has.|按位异或。
ordinal|1st, 2nd, 3rd.|英文序数：1st、2nd、3rd。
iif|One of two values by a condition; a third for none.|按条件取两值之一；第三个用于 none。
to_json|JSON of a value; sort_keys, pretty_print, ensure_ascii.|转为 JSON；可 sort_keys、pretty_print、ensure_ascii。
from_json|The value of JSON, or the default.|解析 JSON，不行则取默认值。
base64_encode|Base64 of a text.|编码为 base64。
base64_decode|The text of base64.|解码 base64。
from_hex|Bytes of hexadecimal.|十六进制转字节。
pack|Bytes of a number, by a format of struct.|按 struct 格式打包为字节。
unpack|A number of bytes, by a format of struct.|按 struct 格式解包字节。
md5|The MD5 digest.|MD5 摘要。
sha1|The SHA-1 digest.|SHA-1 摘要。
sha256|The SHA-256 digest.|SHA-256 摘要。
sha512|The SHA-512 digest.|SHA-512 摘要。
slugify|A text as in entity ids: Window 3 is window_3.|转为实体 id 的写法：Window 3 为 window_3。
urlencode|A text or mapping as part of a URL.|编码为 URL 的一部分。
version|A version, compared by its numbers.|版本号，按数字比较。
zip|Lists side by side.|并列多个列表。
set|The values of a list once each.|列表去重成集合。
tuple|A list that is fixed; as a test whether it is one.|固定的列表；作测试时判断是否为元组。
list|As a test whether it is a list.|作测试时判断是否为列表。
typeof|The name of what a value is.|值的类型名。
contains|Whether a list or text holds something.|列表或文本是否包含某值。
merge_response|What an action answered for several entities, as one list.|把动作对多个实体的应答合成一个列表。
flatten|Lists within lists as one.|展平嵌套列表。
intersect|What both lists hold.|两个列表的交集。
difference|What the first list holds and the second does not.|前者有而后者没有的。
union|What either list holds.|两个列表的并集。
symmetric_difference|What only one of the lists holds.|只在其中一个列表里的。
shuffle|A list in another order; with a seed the same each time.|打乱列表；给定种子则每次相同。
combine|Mappings as one; recursive for those within.|合并映射；recursive 合并内层。
apply|Calls a macro or function with the value.|用该值调用宏或函数。
as_function|A macro as a function that gives what it hands to returns.|把宏变成函数，返回其交给 returns 的值。
is_defined|Fails when the value is not there.|值不存在时报错。
ord|The number of a letter.|字符的编码。
safe|The text itself.|文本本身。
striptags|A text without its tags.|去掉标签。
translate|One language of a text by language.|取多语言文本中的一种。
regex_match|Whether a text begins with a pattern.|文本开头是否匹配模式。
regex_search|Whether a pattern stands in a text.|文本中是否有匹配。
regex_replace|What a pattern finds, replaced.|替换匹配之处。
regex_findall|All that a pattern finds.|所有匹配。
regex_findall_index|One of what a pattern finds.|第几个匹配。
match|Whether a text begins with a pattern.|文本开头是否匹配模式。
search|Whether a pattern stands in a text.|文本中是否有匹配。
datetime|Whether it is a time.|是否为时间。
string_like|Whether it is a text or bytes.|是否为文本或字节。
range|Whole numbers from one to another.|整数范围。
queue|A queue: waiting, next, oldest_wait, paused, open, ...|队列：waiting、next、oldest_wait、paused、open 等。
counter|A counter: state, ticket, number, staff, serves, ...|窗口：state、ticket、number、staff、serves 等。
ticket|A ticket by id or number: number, state, queue, ahead, ...|按 id 或号码取票：number、state、queue、ahead 等。
visitor|Who holds a ticket: the name is masked.|持票人：姓名已打码。
spoken|A number as it is read out: A, zero, one, two; 零一二.|号码的读法：A, zero, one, two；零一二。
masked|A name for a public screen: J. S., 张*三.|公共屏幕上的姓名：J. S.、张*三。
minutes|Seconds as whole minutes.|秒数换算为整分钟。
qr|A QR code as SVG text.|二维码（SVG 文本）。
"""
DESCRIPTIONS: Final[Mapping[str, Words]] = {
    name: {"en": english, "zh-CN": chinese}
    for name, english, chinese in (line.split("|") for line in _TEXT.strip().splitlines())
}
