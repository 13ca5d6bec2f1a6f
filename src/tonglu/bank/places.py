"""Names that the bundled bank is made of: provinces and cities, trades, surnames, occupations. All lists are ours."""

PROVINCES: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("北京", 3.5, ("北京",)),
    ("上海", 3.8, ("上海",)),
    ("天津", 1.4, ("天津",)),
    ("重庆", 2.4, ("重庆", "万州")),
    ("广东", 10.5, ("广州", "深圳", "佛山", "东莞", "惠州", "湛江")),
    ("江苏", 7.0, ("南京", "苏州", "无锡", "徐州", "南通", "盐城")),
    ("浙江", 6.0, ("杭州", "宁波", "温州", "嘉兴", "金华", "丽水")),
    ("山东", 7.0, ("济南", "青岛", "烟台", "潍坊", "临沂", "菏泽")),
    ("河南", 6.0, ("郑州", "洛阳", "南阳", "周口", "商丘")),
    ("四川", 5.5, ("成都", "绵阳", "南充", "宜宾", "达州")),
    ("河北", 5.0, ("石家庄", "唐山", "保定", "邯郸", "沧州")),
    ("湖南", 4.2, ("长沙", "株洲", "衡阳", "常德", "邵阳")),
    ("湖北", 4.0, ("武汉", "宜昌", "襄阳", "荆州", "黄冈")),
    ("安徽", 4.0, ("合肥", "芜湖", "阜阳", "安庆", "六安")),
    ("福建", 3.3, ("福州", "厦门", "泉州", "漳州")),
    ("江西", 2.8, ("南昌", "赣州", "九江", "上饶")),
    ("辽宁", 3.2, ("沈阳", "大连", "鞍山", "锦州")),
    ("陕西", 2.8, ("西安", "咸阳", "宝鸡", "渭南")),
    ("广西", 2.8, ("南宁", "柳州", "桂林", "玉林")),
    ("云南", 2.6, ("昆明", "曲靖", "大理", "昭通")),
    ("贵州", 2.2, ("贵阳", "遵义", "毕节")),
    ("山西", 2.3, ("太原", "大同", "临汾", "运城")),
    ("黑龙江", 2.2, ("哈尔滨", "齐齐哈尔", "大庆", "绥化")),
    ("吉林", 1.7, ("长春", "吉林", "四平")),
    ("内蒙古", 1.7, ("呼和浩特", "包头", "赤峰")),
    ("新疆", 1.7, ("乌鲁木齐", "喀什", "伊犁")),
    ("甘肃", 1.6, ("兰州", "天水", "定西")),
    ("海南", 0.8, ("海口", "三亚", "儋州")),
    ("宁夏", 0.6, ("银川", "固原")),
    ("青海", 0.4, ("西宁", "海东")),
    ("西藏", 0.3, ("拉萨", "日喀则")),
)
MUNICIPALITIES = ("北京", "上海", "天津", "重庆")

OCCUPATIONS = ("employee", "civil_servant", "business_owner", "farmer", "student", "retired", "freelancer", "serviceman")
EMPLOYEE, CIVIL_SERVANT, BUSINESS_OWNER, FARMER, STUDENT, RETIRED, FREELANCER, SERVICEMAN = range(8)

INDUSTRIES: tuple[tuple[str, float, str], ...] = (
    ("制造", 26.0, "精工制造有限公司"),
    ("建筑", 12.0, "建设工程有限公司"),
    ("批发零售", 14.0, "商贸有限公司"),
    ("信息技术", 9.0, "信息技术有限公司"),
    ("教育", 8.0, "教育集团"),
    ("医疗", 7.0, "医院"),
    ("公共管理", 7.0, "市政服务中心"),
    ("餐饮住宿", 8.0, "餐饮管理有限公司"),
    ("物流", 6.0, "物流有限公司"),
    ("平台经济", 3.0, "灵活用工平台有限公司"),
)
PLATFORM = 9
PUBLIC = 6
_PAIRS = "恒远华瑞中泽博益安诺同创新程金桥启明卓越万象德润嘉禾汇川天行立信盛景云帆东方长青"
FIRM_WORDS = tuple(_PAIRS[i : i + 2] for i in range(0, len(_PAIRS), 2))
SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈")
GIVEN = tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文斌宇浩然欣怡梓涵雨泽晨曦")

CHANNELS = ("app_push", "sms", "wecom", "call", "email", "mini_program")
PURPOSES = ("marketing", "service", "care")
PRODUCTS = (
    "salary_plan",
    "pension_deposit",
    "deposit",
    "fund",
    "wealth",
    "insurance",
    "credit_card",
    "consumer_loan",
    "business_loan",
)
COMPLAINT_TOPICS = ("fees", "card", "app", "marketing", "loan", "service")
SERVICE_INTENTS = ("salary_arrival", "fee", "card_limit", "loan_due", "wealth_maturity", "transfer", "id_expiry", "password")
ALERTS: tuple[tuple[str, str], ...] = (
    ("customer", "watch_list"),
    ("account", "dormant_woken"),
    ("transaction", "in_and_out"),
    ("transaction", "many_new_payees"),
    ("device", "new_device"),
    ("device", "screen_sharing"),
    ("location", "impossible_travel"),
    ("operation", "password_then_limit"),
)
LOAN_STAGES = ("survey", "approved", "line", "drawn", "repaying", "closed")
