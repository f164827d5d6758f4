/* language_table.h - MZ_PHRASE(key, English, Arabic): included several times by language.h and .c */
/* One phrase, two lines, however long they are. */
/* clang-format off */

/* page */
MZ_PHRASE(SKIP, "Skip to the content", "انتقل إلى المحتوى")
MZ_PHRASE(CONTENTS, "Contents", "المحتويات")
MZ_PHRASE(DATA, "Data", "البيانات")
MZ_PHRASE(DATA_TABLE, "Data table", "جدول البيانات")
MZ_PHRASE(DOWNLOAD, "Download", "تنزيل")
MZ_PHRASE(READ_OUT_HINT, "Point at the chart, or select it and press ← →, to read its values.",
    "مرّر المؤشر فوق الرسم، أو حدّده واضغط ← →، لقراءة القيم.")
MZ_PHRASE(PAGE_TITLE, "Compute plan {0}", "خطة الحوسبة {0}")
MZ_PHRASE(PAGE_KICKER, "Compute plan {0}, {1} to {2}", "خطة الحوسبة {0}، من {1} إلى {2}")
MZ_PHRASE(CHART_SCROLLS, "Chart: {0}", "رسم بياني: {0}")

/* names of the panels */
MZ_PHRASE(P_SUMMARY, "Summary", "الملخّص")
MZ_PHRASE(P_CAPACITY, "Capacity against demand", "السعة مقابل الطلب")
MZ_PHRASE(P_DECISIONS, "Decisions", "القرارات")
MZ_PHRASE(P_COMMITMENT, "Commitment draw-down", "السحب من الالتزامات")
MZ_PHRASE(P_CONCENTRATION, "Partner concentration", "التركّز على الشركاء")
MZ_PHRASE(P_POWER, "Power ramp", "نموّ القدرة الكهربائية")
MZ_PHRASE(P_CASH, "Cash and runway", "السيولة ومداها")
MZ_PHRASE(P_FLOW, "From contract to workload", "من العقد إلى عبء العمل")
MZ_PHRASE(P_UNIT_COST, "Unit cost", "تكلفة الوحدة")
MZ_PHRASE(P_ENERGY, "Energy and carbon", "الطاقة والكربون")
MZ_PHRASE(P_WHATIF, "What if", "ماذا لو")
MZ_PHRASE(P_WHY, "Why", "الأسباب")
MZ_PHRASE(P_APPENDIX, "Appendix", "الملحق")
MZ_PHRASE(P_CONFLICT, "Conflict", "التعارض")

/* common words */
MZ_PHRASE(PERIOD, "Period", "الفترة")
MZ_PHRASE(TOTAL, "Total", "المجموع")
MZ_PHRASE(DEMAND, "Demand", "الطلب")
MZ_PHRASE(MISSING, "Missing", "العجز")
MZ_PHRASE(LIMIT, "Limit", "الحد")
MZ_PHRASE(GOAL, "Goal", "الهدف")
MZ_PHRASE(OTHER, "Other", "أخرى")
MZ_PHRASE(PARTNER, "Partner", "الشريك")
MZ_PHRASE(CONTRACT, "Contract", "العقد")
MZ_PHRASE(WORKLOAD, "Workload", "عبء العمل")
MZ_PHRASE(CHIP, "Chip", "الشريحة")
MZ_PHRASE(SITE, "Site", "الموقع")
MZ_PHRASE(SCENARIO, "Scenario", "السيناريو")
MZ_PHRASE(STATUS, "Status", "الحالة")
MZ_PHRASE(COST, "Cost", "التكلفة")
MZ_PHRASE(CHANGE, "Cost, change", "تغيّر التكلفة")
MZ_PHRASE(RULE, "Rule", "القاعدة")
MZ_PHRASE(AMOUNT, "Amount", "المقدار")
MZ_PHRASE(UNIT, "Unit", "الوحدة")
MZ_PHRASE(PLACE, "Place in the file", "الموضع في الملف")
MZ_PHRASE(WHAT, "Where", "أين")
MZ_PHRASE(WHEN, "When", "متى")
MZ_PHRASE(PERIOD_RANGE, "{0} to {1}", "من {0} إلى {1}")
MZ_PHRASE(CHIPS, "Chips", "الشرائح")
MZ_PHRASE(POWER, "Power", "القدرة")
MZ_PHRASE(YES, "yes", "نعم")
MZ_PHRASE(NO, "no", "لا")

/* status */
MZ_PHRASE(ST_OPTIMAL, "Optimal", "حل أمثل")
MZ_PHRASE(ST_OPTIMAL_GAP, "Optimal within {0}", "حل أمثل بهامش {0}")
MZ_PHRASE(ST_RELAXED,
    "Optimal with whole contracts and runs counted as parts: a bound, not a plan to sign",
    "حل أمثل مع السماح بتجزئة العقود والأعمال الكاملة: حدٌّ للتكلفة لا خطة للتوقيع")
MZ_PHRASE(ST_FEASIBLE, "Feasible, gap {0} (stopped early)", "حل ممكن، الفجوة {0} (توقّف مبكر)")
MZ_PHRASE(ST_INFEASIBLE, "Infeasible", "لا حل ممكن")
MZ_PHRASE(ST_UNBOUNDED, "Unbounded", "غير محدود")
MZ_PHRASE(ST_STOPPED, "Stopped before a plan was found", "توقّف قبل العثور على خطة")

/* 1 summary */
MZ_PHRASE(V_ALL, "All demand is served until the end of {0}.", "يُلبّى الطلب كله حتى نهاية {0}.")
MZ_PHRASE(V_UNTIL, "Demand is met in full through {0}; in {1}, the worst period, {2} of it.",
    "يُلبّى الطلب كاملًا حتى نهاية {0}؛ وفي أسوأ الفترات، {1}، يُلبّى {2} منه.")
MZ_PHRASE(V_PART, "Demand is not met in full in {0} of {1} periods; in {2}, the worst, {3} of it.",
    "لا يُلبّى الطلب كاملًا في {0} من أصل {1} فترة؛ وفي أسوأها، {2}، يُلبّى {3} منه.")
MZ_PHRASE(V_RULES_KEPT, "Every limit is kept.", "جميع الحدود مُحترمة.")
MZ_PHRASE(V_RULES_BROKEN, "Limits are broken {0} times, at their price.",
    "عدد مرات تجاوز الحدود، بثمنها: {0}.")
MZ_PHRASE(V_RULES_ONE, "One limit is broken, in one period, at its price.",
    "يُتجاوَز حدٌّ واحد، في فترة واحدة، بثمنه.")
MZ_PHRASE(V_SUB, "{0}. It costs {1} over {2} years, not discounted, {3} per chip-hour on average.",
    "{0}. تبلغ التكلفة {1} على مدى {2} سنة من دون خصم، بمتوسط {3} لكل ساعة-شريحة.")
MZ_PHRASE(T_COST, "Cost", "التكلفة")
MZ_PHRASE(T_COST_NOTE, "over {0} years; {1} per chip-hour", "على مدى {0} سنة؛ {1} لكل ساعة-شريحة")
MZ_PHRASE(T_SERVED, "Served, worst period", "الطلب المُلبّى في أسوأ فترة")
MZ_PHRASE(T_SERVED_NOTE, "{0}; the goal is 100%", "{0}؛ الهدف 100%")
MZ_PHRASE(T_SERVED_ALL, "in every period; the goal is 100%", "في كل الفترات؛ الهدف 100%")
MZ_PHRASE(T_SERVED_GOOD, "nothing is missing", "لا عجز")
MZ_PHRASE(T_SERVED_WARN, "{0} chips short in {1}", "عجز {0} شريحة في {1}")
MZ_PHRASE(T_POWER, "Power, peak", "القدرة القصوى")
MZ_PHRASE(T_POWER_NOTE, "{0}; sites can carry {1}", "{0}؛ تتحمّل المواقع {1}")
MZ_PHRASE(T_POWER_FREE, "{0}; no limit stated", "{0}؛ لا حدّ مذكور")
MZ_PHRASE(T_CASH, "Cash, lowest", "أدنى سيولة")
MZ_PHRASE(T_CASH_NOTE, "end of {0}; floor {1}", "نهاية {0}؛ الحد الأدنى {1}")
MZ_PHRASE(T_CASH_GAP, "{0} still to be found", "يجب تدبير {0} إضافية")
MZ_PHRASE(T_CASH_NONE, "no finance in the scenario", "لا بيانات مالية في السيناريو")
MZ_PHRASE(T_SHARE, "Largest partner", "أكبر شريك")
MZ_PHRASE(T_SHARE_NOTE, "of power: {0} in {1}; limit {2}", "من القدرة: {0} في {1}؛ الحد {2}")
MZ_PHRASE(T_SHARE_FREE, "of power: {0} in {1}; no limit", "من القدرة: {0} في {1}؛ بلا حدّ")
MZ_PHRASE(T_ABOVE, "above the floor", "فوق الحد الأدنى")
MZ_PHRASE(T_AT_FLOOR, "at the floor", "عند الحد الأدنى")
MZ_PHRASE(T_WITHIN, "within the limit", "ضمن الحد")
MZ_PHRASE(T_BEYOND, "beyond the limit", "تجاوز الحد")
MZ_PHRASE(T_PROVED, "lowest cost, proved", "أقل تكلفة، مُثبتة")
MZ_PHRASE(T_UNPROVED, "not proved lowest", "غير مُثبت أنها الأقل")
MZ_PHRASE(META,
    "Scenario {0}, SHA-256 {1}. Program version {2}. Solver {3}: {4} rows, {5} columns, {6} "
    "integers.",
    "السيناريو {0}، بصمته SHA-256: {1}. إصدار البرنامج {2}. برنامج الحل {3}: {4} صفًّا و{5} عمودًا "
    "و{6} متغيّرًا صحيحًا.")
MZ_PHRASE(META_DATE, "Made on {0}.", "أُنشئ في {0}.")
MZ_PHRASE(META_AGAIN, "To get this plan again:", "لإعادة إنشاء هذه الخطة:")
MZ_PHRASE(BROKEN_HEAD, "Limits that this plan breaks", "الحدود التي تتجاوزها هذه الخطة")
MZ_PHRASE(BROKEN_SUB,
    "Each is broken because keeping it would cost more than its penalty, or cannot be kept at all.",
    "كلٌّ منها مُتجاوَز لأن احترامه أغلى من غرامته، أو لأنه غير ممكن أصلًا.")
MZ_PHRASE(BROKEN_ALL, "All {0}", "جميعها ({0})")
MZ_PHRASE(PENALTY, "Penalty", "الغرامة")

/* 2 capacity */
MZ_PHRASE(CAP_ENOUGH,
    "Capacity meets demand in every period; at the tightest, {0}, {1} of it is spare",
    "السعة تغطي الطلب في كل الفترات؛ وفي أضيقها، {0}، يبقى {1} منها فائضًا")
MZ_PHRASE(CAP_UNTIL, "Capacity meets demand through {0}; {1} chips are missing in {2}",
    "السعة تغطي الطلب حتى نهاية {0}؛ وينقص {1} شريحة في {2}")
MZ_PHRASE(CAP_PART, "Capacity falls short in {0} of {1} periods; most in {2}, by {3} chips",
    "السعة دون الطلب في {0} من أصل {1} فترة؛ وأشدّ العجز في {2}: {3} شريحة")
MZ_PHRASE(CAP_SUB,
    "Delivered capacity by partner. Dashed: what serving everything needs, sites' availability "
    "included. Hatched: what is missing.",
    "السعة المُسلَّمة حسب الشريك. الخط المتقطّع: ما تتطلبه تلبية الطلب كله، مع احتساب جاهزية المواقع. "
    "المساحة المظلّلة: العجز.")
MZ_PHRASE(CAP_SWITCH, "Show in", "العرض بوحدة")
MZ_PHRASE(CAP_CHIPS, "Chips", "الشرائح")
MZ_PHRASE(CAP_GW, "Power", "القدرة")
MZ_PHRASE(CAP_DESC, "Stacked area by partner with the demand as a dashed line.",
    "مساحات متراكمة حسب الشريك مع الطلب خطًّا متقطّعًا.")

/* 3 decisions */
MZ_PHRASE(DEC_HEAD, "{0} of {1} contracts are used; the next decision is due by {2}: {3}",
    "يُستخدم {0} من أصل {1} عقدًا؛ وأقرب قرار موعده {2}: {3}")
MZ_PHRASE(DEC_HEAD_NONE, "{0} of {1} contracts are used; nothing new is to be signed",
    "يُستخدم {0} من أصل {1} عقدًا؛ ولا حاجة إلى توقيع جديد")
MZ_PHRASE(DEC_SUB,
    "All contracts of the scenario. Decide by: the last month in which signing still delivers in "
    "time.",
    "جميع عقود السيناريو. موعد القرار: آخر شهر يضمن فيه التوقيع التسليم في الوقت المناسب.")
MZ_PHRASE(DEC_TERM, "Term", "المدة")
MZ_PHRASE(DEC_COMMIT, "Commit", "الالتزام")
MZ_PHRASE(DEC_BUY, "Buy", "الشراء")
MZ_PHRASE(DEC_USED, "Used", "الاستخدام")
MZ_PHRASE(DEC_PEAK, "Peak", "الذروة")
MZ_PHRASE(DEC_PRICE, "Price", "السعر")
MZ_PHRASE(DEC_REST, "New power, fees, interest", "قدرة جديدة ورسوم وفوائد")
MZ_PHRASE(DEC_UP_TO, "Worth up to", "مجدٍ حتى")
MZ_PHRASE(DEC_BY, "Decide by", "موعد القرار")
MZ_PHRASE(DEC_DECISION, "Decision", "القرار")
MZ_PHRASE(DEC_ANY_PRICE, "any price", "أي سعر")
MZ_PHRASE(D_HELD, "held", "قائم")
MZ_PHRASE(D_SIGN, "+ sign", "+ توقيع")
MZ_PHRASE(D_BUILD, "+ build", "+ بناء")
MZ_PHRASE(D_BUY, "+ buy", "+ شراء")
MZ_PHRASE(D_UNUSED, "– not used", "– غير مستخدم")
MZ_PHRASE(GANTT_HEAD, "When each contract delivers", "متى يُسلِّم كل عقد")
MZ_PHRASE(GANTT_SUB,
    "Height of the bar: chips delivered against the contract's own peak. ▼ decide by. Outlined: "
    "not signed yet.",
    "ارتفاع الشريط: الشرائح المُسلَّمة نسبةً إلى ذروة العقد نفسه. ▼ موعد القرار. ذو الإطار: لم يُوقَّع "
    "بعد.")
MZ_PHRASE(GANTT_PEAK, "peak {0} chips", "الذروة {0} شريحة")
MZ_PHRASE(GANTT_NONE, "nothing delivered", "لا تسليم")

/* 4 commitments */
MZ_PHRASE(COM_ALL_USED,
    "Every commitment is drawn down: nothing is paid for capacity that is not taken",
    "كل الالتزامات مسحوبة: لا يُدفع شيء مقابل سعة غير مأخوذة")
MZ_PHRASE(COM_SHORT, "{0} is paid for capacity that is not taken, most of it under {1}",
    "يُدفع {0} مقابل سعة غير مأخوذة، معظمه بموجب {1}")
MZ_PHRASE(COM_SUB,
    "Spent inside the horizon (bar) of what is committed in all (outline), billions of dollars. "
    "Heavy tick: the take-or-pay floor due inside the horizon; yearly floors fall due year by "
    "year.",
    "المُنفق خلال الأفق (الشريط) من إجمالي الالتزام (الإطار)، بمليارات الدولارات. العلامة السميكة: "
    "حد «خذ أو ادفع» المستحق خلال الأفق؛ والحدود السنوية تُستحق سنة بسنة.")
MZ_PHRASE(COM_NONE, "No contract of this scenario has a commitment.",
    "لا عقد في هذا السيناريو يتضمّن التزامًا.")
MZ_PHRASE(COM_TEXT, "{0} of {1}; floor {2}", "{0} من {1}؛ الحد {2}")
MZ_PHRASE(COM_TEXT_FREE, "{0} of {1}; no floor", "{0} من {1}؛ بلا حد أدنى")
MZ_PHRASE(COM_TEXT_SHORT, "{0} of {1}; ▲ {2} for nothing", "{0} من {1}؛ ▲ {2} بلا مقابل")
MZ_PHRASE(COM_CUM_HEAD, "Cumulative spend against the floor", "الإنفاق التراكمي مقابل الحد الأدنى")
MZ_PHRASE(COM_CUM_SUB, "Billions of dollars; dotted: what has to be paid by the end in any case.",
    "بمليارات الدولارات؛ المنقّط: ما يجب دفعه حتى النهاية في كل الأحوال.")
MZ_PHRASE(COM_SPENT, "Spent", "المُنفق")
MZ_PHRASE(COM_DUE, "Floor", "الحد الأدنى")
MZ_PHRASE(COM_PAID_SHORT, "For nothing", "بلا مقابل")
MZ_PHRASE(COM_REACHED, "floor reached {0}", "بلوغ الحد {0}")
MZ_PHRASE(COM_NOT_REACHED, "▲ not reached", "▲ لم يُبلَغ")

/* 5 concentration */
MZ_PHRASE(CON_WITHIN, "{0} has the largest share, {1} of power in {2}; the limit is {3}",
    "{0} صاحب أكبر حصة: {1} من القدرة في {2}؛ والحد {3}")
MZ_PHRASE(CON_FREE, "{0} has the largest share, {1} of power in {2}",
    "{0} صاحب أكبر حصة: {1} من القدرة في {2}")
MZ_PHRASE(CON_SUB,
    "Share of power by partner, own sites included. Line: Herfindahl–Hirschman index (HHI), 100% = "
    "one partner only.",
    "حصة كل شريك من القدرة، بما فيها المواقع المملوكة. الخط: مؤشر هيرفندال–هيرشمان (HHI)، ‏100% "
    "= شريك واحد فقط.")
MZ_PHRASE(CON_LARGEST, "Largest share", "أكبر حصة")
MZ_PHRASE(CON_LARGEST_HEAD, "The largest partner against its limit", "أكبر شريك مقابل حدّه")
MZ_PHRASE(CON_LARGEST_SUB,
    "Share of power of the largest partner other than own sites, in each period.",
    "حصة أكبر شريك، عدا المواقع المملوكة، من القدرة في كل فترة.")
MZ_PHRASE(CON_N1_HEAD, "If a partner is lost", "عند فقدان أحد الشركاء")
MZ_PHRASE(CON_N1_SUB,
    "Least share of critical demand that the others can still serve, over all periods; required "
    "{0}.",
    "أدنى حصة من الطلب الحرج يستطيع الباقون تلبيتها، على امتداد الفترات؛ المطلوب {0}.")
MZ_PHRASE(CON_N1_SERVED, "Critical served", "الطلب الحرج المُلبّى")
MZ_PHRASE(CON_N1_WORST, "Worst period", "أسوأ فترة")

/* 6 power */
MZ_PHRASE(POW_HEAD, "Power grows to {0} by {1}; sites filled to their limit: {2} of {3}",
    "تنمو القدرة إلى {0} بحلول {1}؛ والمواقع التي بلغت حدّها: {2} من أصل {3}")
MZ_PHRASE(POW_SUB,
    "Power of what is delivered at each site, at full draw. Dotted: what the site can carry.",
    "قدرة المُسلَّم في كل موقع عند السحب الكامل. المنقّط: ما يتحمّله الموقع.")
MZ_PHRASE(POW_SITE, "{0} of {1}", "{0} من {1}")
MZ_PHRASE(POW_SITE_FULL, "full: {0}", "ممتلئ: {0}")
MZ_PHRASE(POW_MORE, "The {0} sites with the most power of {1}.", "أكبر {0} موقعًا قدرةً من أصل {1}.")
MZ_PHRASE(POW_ADDED_HEAD, "At most {0} a week are added at new sites",
    "أقصى إضافة أسبوعية في المواقع الجديدة: {0}")
MZ_PHRASE(POW_GOAL_REACHED, "The goal of {0} a week is reached in every period in which it holds.",
    "هدف {0} أسبوعيًّا مُتحقَّق في كل الفترات التي يسري فيها.")
MZ_PHRASE(POW_GOAL_MISSED,
    "The goal of {0} a week is missed in {1} of {2} periods, at worst by {3} in {4}.",
    "هدف {0} أسبوعيًّا غير مُتحقَّق في {1} من أصل {2} فترة، وأبعدها عنه بمقدار {3} في {4}.")
MZ_PHRASE(POW_NO_GOAL, "No goal is set in this scenario.", "لا هدف محدَّد في هذا السيناريو.")
MZ_PHRASE(POW_ADDED_SUB, "Megawatts added per week at new sites; dotted: what can be built.",
    "الميغاواط المضافة أسبوعيًّا في المواقع الجديدة؛ المنقّط: ما يمكن بناؤه.")
MZ_PHRASE(POW_ADDED, "Added", "المضاف")
MZ_PHRASE(POW_LIMIT, "Build limit", "حد البناء")
MZ_PHRASE(POW_NONE, "No site delivers anything in this plan.", "لا يُسلِّم أي موقع شيئًا في هذه الخطة.")

/* 7 cash */
MZ_PHRASE(CASH_ABOVE, "Cash is lowest at the end of {0}: {1}, {2} above the floor",
    "أدنى مستوى للسيولة في نهاية {0}: {1}، أي أعلى من الحد الأدنى بمقدار {2}")
MZ_PHRASE(CASH_AT, "Cash falls to its floor of {1} at the end of {0}",
    "تهبط السيولة إلى حدّها الأدنى {1} في نهاية {0}")
MZ_PHRASE(CASH_GAP, "{0} must still be found, first in {1}", "يجب تدبير {0} إضافية، أولها في {1}")
MZ_PHRASE(
    CASH_FREE, "Cash is lowest at the end of {0}: {1}", "أدنى مستوى للسيولة في نهاية {0}: {1}")
MZ_PHRASE(CASH_SUB,
    "Cash at the end of each period, billions of dollars. Hatched: below the floor.",
    "السيولة في نهاية كل فترة، بمليارات الدولارات. المظلّل: دون الحد الأدنى.")
MZ_PHRASE(CASH_NONE, "The scenario has no finance section, so cash is not planned.",
    "لا يتضمّن السيناريو قسمًا ماليًّا، لذا لا تُخطَّط السيولة.")
MZ_PHRASE(CASH, "Cash", "السيولة")
MZ_PHRASE(CASH_FLOOR, "Floor", "الحد الأدنى")
MZ_PHRASE(CASH_BELOW, "Below floor", "دون الحد الأدنى")
MZ_PHRASE(CASH_FLOWS_HEAD, "What comes in and what goes out", "ما يدخل وما يخرج")
MZ_PHRASE(CASH_FLOWS_SUB, "Billions of dollars in each calendar year.",
    "بمليارات الدولارات في كل سنة تقويمية.")
MZ_PHRASE(CASH_REVENUE, "Revenue", "الإيرادات")
MZ_PHRASE(CASH_FUNDING, "Funding", "التمويل")
MZ_PHRASE(CASH_TO_FIND, "To be found", "يجب تدبيره")
MZ_PHRASE(CASH_COMPUTE, "Compute", "الحوسبة")
MZ_PHRASE(CASH_COSTS, "Other costs", "تكاليف أخرى")
MZ_PHRASE(CASH_REPAID, "Repaid", "السداد")
MZ_PHRASE(CASH_END, "Cash, end", "السيولة في النهاية")

/* 8 flow */
MZ_PHRASE(FLOW_HEAD, "{0} takes {1} of all chip-hours; {2} gives most of them, {3}",
    "يستهلك {0} نسبة {1} من ساعات الشرائح؛ ويوفّر {2} معظمها: {3}")
MZ_PHRASE(FLOW_SUB,
    "Chip-hours used over the whole horizon. The {0} largest flows; the rest is “other”.",
    "ساعات الشرائح المستخدمة على امتداد الأفق. أكبر {0} تدفّقًا، والباقي «أخرى».")
MZ_PHRASE(FLOW_NONE, "Nothing is assigned in this plan.", "لا شيء مُسنَد في هذه الخطة.")
MZ_PHRASE(FLOW_HOURS, "Chip-hours", "ساعات الشرائح")

/* 9 unit cost */
MZ_PHRASE(UC_FALLS, "A million tokens of {0} cost {1} in {2}, {3} less than in {4}",
    "تكلفة مليون رمز من {0} في {2}: {1}، أقل بنسبة {3} مما كانت في {4}")
MZ_PHRASE(UC_RISES, "A million tokens of {0} cost {1} in {2}, {3} more than in {4}",
    "تكلفة مليون رمز من {0} في {2}: {1}، أعلى بنسبة {3} مما كانت في {4}")
MZ_PHRASE(UC_SUB,
    "What the chips that a workload runs on cost, by its work. Dollars per million tokens; each "
    "chart has its own scale. Training is in the table.",
    "تكلفة الشرائح التي يعمل عليها كل عبء، منسوبةً إلى عمله. دولار لكل مليون رمز؛ لكل رسم مقياسه. "
    "أعباء التدريب في الجدول.")
MZ_PHRASE(UC_HOUR_HEAD, "Dollars per chip-hour", "دولار لكل ساعة-شريحة")
MZ_PHRASE(UC_HOUR_SUB,
    "The same cost by chips and hours: newer chips cost more per hour and less per token. One "
    "scale for all.",
    "التكلفة نفسها منسوبةً إلى الشرائح والساعات: الشرائح الأحدث أغلى بالساعة وأرخص بالرمز. مقياس "
    "واحد للجميع.")
MZ_PHRASE(UC_CUT,
    "Peaks beyond three times the median are cut in the charts; the tables have them.",
    "القمم التي تتجاوز ثلاثة أمثال الوسيط مقصوصة في الرسوم، وهي كاملة في الجداول.")
MZ_PHRASE(UC_NONE, "No workload runs in this plan.", "لا يعمل أي عبء في هذه الخطة.")

/* 10 energy */
MZ_PHRASE(EN_HEAD, "{0} of energy, {1} of CO2e in all; a kilowatt-hour goes from {2} to {3}",
    "{0} من الطاقة و{1} من مكافئ CO2 إجمالًا؛ وتنتقل كثافة الكيلوواط-ساعة من {2} إلى {3}")
MZ_PHRASE(EN_SUB,
    "Mean draw of everything delivered, rented capacity included; energy and emissions as rates a "
    "year.",
    "متوسط السحب لكل ما يُسلَّم، بما فيه السعة المستأجرة؛ الطاقة والانبعاثات بمعدّل سنوي.")
MZ_PHRASE(EN_NONE, "Nothing is delivered in this plan, so it uses no energy.",
    "لا يُسلَّم شيء في هذه الخطة، فلا استهلاك للطاقة.")
MZ_PHRASE(EN_ENERGY, "Energy", "الطاقة")
MZ_PHRASE(EN_INTENSITY, "Carbon intensity", "كثافة الكربون")
MZ_PHRASE(EN_CARBON, "Emissions", "الانبعاثات")
MZ_PHRASE(EN_COST, "Carbon cost", "تكلفة الكربون")

/* 11 what-if */
MZ_PHRASE(WI_HEAD, "Of {0} scenarios, {1} hurts most: the objective worsens by {2}",
    "من بين {0} سيناريو، الأشد ضررًا {1}: تسوء دالة الهدف بمقدار {2}")
MZ_PHRASE(WI_HEAD_GOOD, "None of {0} scenarios is worse than this plan; nearest is {1}: {2}",
    "لا سيناريو من أصل {0} أسوأ من هذه الخطة؛ وأقربها {1}: {2}")
MZ_PHRASE(WI_OBJECTIVE, "Objective, change", "تغيّر دالة الهدف")
MZ_PHRASE(WI_HEAD_NONE, "What other scenarios would change", "ما الذي تغيّره السيناريوهات الأخرى")
MZ_PHRASE(WI_SUB,
    "Capacity by partner and demand (dashed) when each scenario is planned anew; same scale, "
    "colours as in panel 2. Number: change of the objective (discounted cost and penalties, less "
    "revenue).",
    "السعة حسب الشريك والطلب (المتقطّع) عند إعادة التخطيط لكل سيناريو؛ بالمقياس نفسه وألوان اللوحة "
    "2. الرقم: تغيّر دالة الهدف (التكلفة والغرامات بعد الخصم، ناقص الإيرادات).")
MZ_PHRASE(WI_NONE, "No other scenario was planned. Add --what-if to compare some.",
    "لم يُخطَّط أي سيناريو آخر. أضف ‎--what-if‎ للمقارنة.")
MZ_PHRASE(WI_BASE, "This plan", "هذه الخطة")
MZ_PHRASE(WI_DIFF_HEAD, "Differences", "الفروق")
MZ_PHRASE(WI_SERVED, "Served, worst", "الأسوأ تلبيةً")
MZ_PHRASE(WI_CASH, "Cash, lowest", "أدنى سيولة")
MZ_PHRASE(WI_SHARE, "Largest share", "أكبر حصة")
MZ_PHRASE(WI_CARBON, "CO2e", "مكافئ CO2")
MZ_PHRASE(WI_NO_PLAN, "no plan", "لا خطة")
MZ_PHRASE(SX_HEAD, "Stress: the decisions stay, the world changes",
    "اختبار الإجهاد: القرارات ثابتة والظروف تتغيّر")
MZ_PHRASE(SX_SUB,
    "What is signed is fixed; only operations react. Regret: against a plan that knew from the "
    "start.",
    "ما وُقّع ثابت، ولا يتكيّف إلا التشغيل. الندم: مقارنةً بخطة علمت من البداية.")
MZ_PHRASE(SX_GAP, "To be found", "يجب تدبيره")
MZ_PHRASE(SX_REGRET, "Regret", "الندم")
MZ_PHRASE(SW_HEAD, "Sweep of {0}", "عند تغيير {0}")
MZ_PHRASE(SW_ALL, "Sweeps: one number at a time, everything planned anew",
    "تحليل الحساسية: رقم واحد في كل مرة مع إعادة التخطيط كله")
MZ_PHRASE(YEAR, "Year", "السنة")
MZ_PHRASE(SW_FACTOR, "Factor", "المعامل")
MZ_PHRASE(SW_OBJECTIVE, "Objective", "دالة الهدف")
MZ_PHRASE(
    AL_HEAD, "How far shares may move at nearly the same cost", "مدى تحرّك الحصص بتكلفة مقاربة")
MZ_PHRASE(AL_SUB,
    "Share of a partner in all power: in this plan, and the least and the most in plans that cost "
    "at most {0} ({1}) more.",
    "حصة الشريك من مجمل القدرة: في هذه الخطة، وأدناها وأقصاها في خطط لا تزيد كلفتها على {0} ({1}).")
MZ_PHRASE(AL_BASE, "This plan", "هذه الخطة")
MZ_PHRASE(AL_LEAST, "Least", "الأدنى")
MZ_PHRASE(AL_MOST, "Most", "الأقصى")

/* 12 why */
MZ_PHRASE(WHY_HEAD, "What blocks most: {0} at {1}; {2} more of it would be worth {3}",
    "أشد القيود: {0} عند {1}؛ وقيمة {2} إضافية منه {3}")
MZ_PHRASE(WHY_NONE, "No rule blocks this plan: demand and prices alone explain it",
    "لا قاعدة تقيّد هذه الخطة: الطلب والأسعار وحدهما يفسّرانها")
MZ_PHRASE(WHY_SUB,
    "Worth: what one more unit of the limit in these periods would save, discounted, with the "
    "contracts fixed.",
    "القيمة: ما توفّره وحدة إضافية من الحد في هذه الفترات، بعد الخصم، مع تثبيت العقود.")
MZ_PHRASE(WHY_WORTH, "Worth", "القيمة")
MZ_PHRASE(WHY_PER, "Of one more", "لكل إضافة")
MZ_PHRASE(WHY_LEVEL, "Stands at", "المستوى الحالي")
MZ_PHRASE(WHY_MORE, "The {0} most valuable of {1} binding rules.",
    "أعلى {0} قيمةً من أصل {1} قاعدة مقيِّدة.")
MZ_PHRASE(TOR_HEAD, "How the objective moves", "كيف تتحرّك دالة الهدف")
MZ_PHRASE(TOR_SUB,
    "Change of the objective (discounted cost and penalties, less revenue) between the lowest and "
    "the highest factor of each sweep.",
    "تغيّر دالة الهدف (التكلفة والغرامات بعد الخصم، ناقص الإيرادات) بين أدنى معامل وأعلاه لكل رقم.")
MZ_PHRASE(TOR_BIND_HEAD, "Where one more unit helps most", "أين تفيد الوحدة الإضافية أكثر")
MZ_PHRASE(TOR_BIND_SUB, "Worth of one more unit, as in the table above; units differ.",
    "قيمة الوحدة الإضافية كما في الجدول أعلاه؛ والوحدات مختلفة.")
MZ_PHRASE(AS_HEAD, "Assumptions that nobody stated in the scenario", "افتراضات لم يذكرها السيناريو")
MZ_PHRASE(AS_SUB,
    "{0} values come from the catalogue or from mizan size, or are defaults; {1} of them nobody has "
    "verified.",
    "{0} قيمة من الفهرس أو من mizan size أو افتراضية؛ منها {1} لم يتحقّق منها أحد.")
MZ_PHRASE(AS_SHOW, "All {0} assumptions", "جميع الافتراضات ({0})")
MZ_PHRASE(AS_KEY, "Key", "المفتاح")
MZ_PHRASE(AS_VALUE, "Value", "القيمة")
MZ_PHRASE(AS_SOURCE, "Source", "المصدر")
MZ_PHRASE(AS_LAYOUT, "Layout", "التوزيع")
MZ_PHRASE(AS_BAND, "Error band", "هامش الخطأ")
MZ_PHRASE(AS_VERIFIED, "Verified", "مُتحقَّق")
MZ_PHRASE(AS_UNVERIFIED, "▲ no", "▲ لا")
MZ_PHRASE(AS_NONE, "Everything that this plan used is stated in the scenario.",
    "كل ما استخدمته هذه الخطة مذكور في السيناريو.")

/* 13 appendix */
MZ_PHRASE(AP_HEAD, "Everything that is needed to repeat this plan", "كل ما يلزم لإعادة هذه الخطة")
MZ_PHRASE(AP_SCENARIO, "The scenario as it was read", "السيناريو كما قُرئ")
MZ_PHRASE(AP_LOG, "The solver's log", "سجل برنامج الحل")
MZ_PHRASE(AP_JSON, "The result as JSON is part of this page: script#{0}.",
    "النتيجة بصيغة JSON مضمّنة في هذه الصفحة: ‎script#{0}‎.")
MZ_PHRASE(AP_SPEED, "CPU time: read {0} s, build {1} s, solve {2} s.",
    "زمن المعالج: قراءة {0} ثانية، بناء {1} ثانية، حل {2} ثانية.")

/* no plan */
MZ_PHRASE(INF_HEAD, "No plan satisfies all rules together.", "لا خطة تحقّق جميع القواعد معًا.")
MZ_PHRASE(INF_SUB,
    "{0} rules contradict each other. Drop or change any one of them and this conflict is gone.",
    "تتعارض {0} قواعد فيما بينها. يزول هذا التعارض بحذف أيٍّ منها أو تغييره.")
MZ_PHRASE(INF_SUB_ONE,
    "One rule cannot be kept by any plan. Drop or change it and this conflict is gone.",
    "قاعدة واحدة لا تحقّقها أي خطة. يزول هذا التعارض بحذفها أو تغييرها.")
MZ_PHRASE(INF_RULE, "The rule that cannot be kept", "القاعدة التي لا يمكن تحقيقها")
MZ_PHRASE(INF_RULES, "The rules that contradict each other", "القواعد المتعارضة")
MZ_PHRASE(INF_WHY, "Why", "السبب")
MZ_PHRASE(INF_FIX, "Any one of these makes a plan possible", "أيٌّ مما يلي يجعل الخطة ممكنة")
MZ_PHRASE(
    INF_FIX_SUB, "Each was solved again before it was listed.", "حُلّ كلٌّ منها من جديد قبل إدراجه.")
MZ_PHRASE(INF_NO_FIX, "No single change was found that makes a plan possible.",
    "لم يُعثر على تغيير واحد يجعل الخطة ممكنة.")
MZ_PHRASE(INF_SHORT, "What is short when every rule is given a price", "ما ينقص عند تسعير كل قاعدة")
MZ_PHRASE(INF_CHANGE, "Change", "التغيير")
MZ_PHRASE(INF_TRY, "Try it", "للتجربة")
MZ_PHRASE(INF_COST, "Plan then costs", "تكلفة الخطة عندئذ")
MZ_PHRASE(INF_UNBOUNDED, "The plan has no lower bound: some price is missing or negative.",
    "لا حدّ أدنى للخطة: ثمة سعر ناقص أو سالب.")
MZ_PHRASE(INF_STOPPED, "The solver was stopped before it found a plan.",
    "أُوقف برنامج الحل قبل أن يجد خطة.")

/* names of rules */
MZ_PHRASE(R_POWER, "site power", "قدرة الموقع")
MZ_PHRASE(R_CAPACITY, "contract capacity", "سعة العقد")
MZ_PHRASE(R_CHIP_SUPPLY, "chip supply", "توريد الشرائح")
MZ_PHRASE(R_BUILD_RATE, "build rate", "وتيرة البناء")
MZ_PHRASE(R_SHARE, "partner share", "حصة الشريك")
MZ_PHRASE(R_CASH, "cash floor", "الحد الأدنى للسيولة")
MZ_PHRASE(R_CASH_GAP, "money to be found", "تمويل يجب تدبيره")
MZ_PHRASE(R_N1, "loss of a partner", "فقدان شريك")
MZ_PHRASE(R_CARBON, "carbon cap", "سقف الكربون")
MZ_PHRASE(R_UNSERVED, "critical demand", "الطلب الحرج")
MZ_PHRASE(R_DEMAND, "demand", "الطلب")
MZ_PHRASE(R_COMMIT, "commitment", "الالتزام")
MZ_PHRASE(R_FUNDING, "funding", "التمويل")
MZ_PHRASE(R_EXPAND, "site expansion", "توسعة الموقع")
MZ_PHRASE(R_ENERGY, "energy supply", "إمداد الطاقة")
MZ_PHRASE(R_TRAIN, "training window", "نافذة التدريب")
MZ_PHRASE(R_GOAL, "build goal", "هدف البناء")

/* report of simulations */
MZ_PHRASE(SIM_TITLE, "Simulation {0}", "محاكاة {0}")
MZ_PHRASE(SIM_TITLE_SYNTHETIC, "Simulation of a synthetic trace: {0}", "محاكاة سجل اصطناعي: {0}")
MZ_PHRASE(SIM_P_POLICIES, "Policies", "السياسات")
MZ_PHRASE(SIM_P_USED, "Chips in use", "الشرائح المستخدمة")
MZ_PHRASE(SIM_P_QUEUE, "Queue", "الطابور")
MZ_PHRASE(SIM_P_WAITING, "Waiting", "الانتظار")
MZ_PHRASE(SIM_P_FRAGMENTS, "Fragmentation", "التجزّؤ")
MZ_PHRASE(SIM_P_PLACES, "What ran where", "ما الذي عمل وأين")
MZ_PHRASE(SIM_P_FAILURES, "Failures and lost work", "الأعطال والعمل الضائع")
MZ_PHRASE(SIM_P_CONTRACTS, "Contracts", "العقود")
MZ_PHRASE(SIM_P_TEAMS, "Teams", "الفرق")
MZ_PHRASE(SIM_POLICY, "Policy", "السياسة")
MZ_PHRASE(SIM_RUN_SEED, "{0}, seed {1}", "{0}، البذرة {1}")
MZ_PHRASE(SIM_SEED, "Seed", "البذرة")
MZ_PHRASE(SIM_JOBS, "Jobs", "المهام")
MZ_PHRASE(SIM_JOB, "Job", "المهمة")
MZ_PHRASE(SIM_TEAM, "Team", "الفريق")
MZ_PHRASE(SIM_TIME, "From", "من")
MZ_PHRASE(SIM_JCT, "Time to finish", "زمن الإنجاز")
MZ_PHRASE(SIM_AVG_WAIT, "Wait, mean", "الانتظار، المتوسط")
MZ_PHRASE(SIM_P99_WAIT, "Wait, 99%", "الانتظار، 99%")
MZ_PHRASE(SIM_WAIT, "Wait", "الانتظار")
MZ_PHRASE(SIM_MEAN, "mean", "المتوسط")
MZ_PHRASE(SIM_HALF, "half", "النصف")
MZ_PHRASE(SIM_99, "99%", "99%")
MZ_PHRASE(SIM_MAKESPAN, "Makespan", "المدة الكلية")
MZ_PHRASE(SIM_UTILISATION, "In use", "نسبة الاستخدام")
MZ_PHRASE(SIM_GOODPUT, "Useful work", "العمل النافع")
MZ_PHRASE(SIM_PREEMPTIONS, "Preemptions", "الإزاحات")
MZ_PHRASE(SIM_LOST, "Lost", "الضائع")
MZ_PHRASE(SIM_DEADLINES, "Deadlines met", "المواعيد المُحترمة")
MZ_PHRASE(SIM_DROPPED, "Dropped", "المُسقطة")
MZ_PHRASE(SIM_UNFINISHED, "Not finished", "غير المنتهية")
MZ_PHRASE(SIM_CHIP_HOURS, "Chip-hours", "ساعات الشرائح")
MZ_PHRASE(SIM_H1_BEST,
    "{0} finishes jobs soonest: {1} after they were submitted on average, {2} sooner than {3}.",
    "السياسة {0} تُنهي المهام أسرع: بعد {1} من تقديمها في المتوسط، أي أبكر بنسبة {2} من {3}.")
MZ_PHRASE(SIM_H1_EQUAL, "{0} and {3} finish jobs equally soon: {1} after they were submitted on average.",
    "السياستان {0} و{3} تُنهيان المهام في الزمن نفسه: بعد {1} من تقديمها في المتوسط.")
MZ_PHRASE(SIM_H1_ONE,
    "Under {0} a job is done {1} after it was submitted on average; {2} of that it waits.",
    "وفق السياسة {0} تنتهي المهمة بعد {1} من تقديمها في المتوسط؛ منها {2} انتظار.")
MZ_PHRASE(SIM_H1_NONE, "No job of this trace ended.", "لم تنتهِ أي مهمة من هذا السجل.")
MZ_PHRASE(SIM_H1_SUB, "{0} jobs of {1} on {2}.", "عدد المهام {0} من السجل {1} على {2}.")
MZ_PHRASE(SIM_H1_DETAIL, "Panels about one policy show {0}.", "اللوحات الخاصة بسياسة واحدة تعرض {0}.")
MZ_PHRASE(SIM_SYNTHETIC,
    "▲ Synthetic trace: these jobs never ran anywhere. Source: {0}.",
    "▲ سجل اصطناعي: هذه المهام لم تُنفَّذ في أي مكان. المصدر: {0}.")
MZ_PHRASE(SIM_SYNTHETIC_UNKNOWN, "▲ Synthetic trace: these jobs never ran anywhere.",
    "▲ سجل اصطناعي: هذه المهام لم تُنفَّذ في أي مكان.")
MZ_PHRASE(SIM_STOPPED,
    "▲ Stopped early: {0}. Figures are of the jobs that had ended by then.",
    "▲ توقّفت مبكرًا: {0}. الأرقام تخص المهام التي انتهت حتى ذلك الحين.")
MZ_PHRASE(SIM_NEVER_FIT, "▲ {0} jobs can never fit and were dropped; the first is {1}: {2}.",
    "▲ {0} مهمة لا يمكن أن تجد مكانًا فأُسقطت؛ أولاها {1}: {2}.")
MZ_PHRASE(SIM_T_JOBS_NOTE, "ended, of {0}", "انتهت، من أصل {0}")
MZ_PHRASE(SIM_T_JOBS_GOOD, "all of them", "جميعها")
MZ_PHRASE(SIM_T_JOBS_WARN, "{0} did not end", "لم ينتهِ منها {0}")
MZ_PHRASE(SIM_T_BEST, "Jobs finish sooner", "إنجاز أبكر")
MZ_PHRASE(SIM_T_BEST_NOTE, "{0} against {1}", "{0} مقابل {1}")
MZ_PHRASE(SIM_T_WAIT_NOTE, "half of the jobs at most {0}", "نصف المهام على الأكثر {0}")
MZ_PHRASE(SIM_T_P99_NOTE, "99% of the jobs wait less", "99% من المهام تنتظر أقل")
MZ_PHRASE(SIM_T_USED_NOTE, "of all chips, over {0}", "من كل الشرائح، خلال {0}")
MZ_PHRASE(SIM_T_GOOD_NOTE, "of the time that jobs hold chips; {0} chip-hours lost",
    "من زمن حجز الشرائح؛ ضاع {0} ساعة-شريحة")
MZ_PHRASE(SIM_T_PREEMPT_NOTE, "{0} interruptions by failures", "{0} انقطاعًا بسبب الأعطال")
MZ_PHRASE(SIM_POL_HEAD, "Jobs wait least under {0}: {1} on average; longest under {2}: {3}",
    "أقل انتظار للمهام وفق {0}: {1} في المتوسط؛ وأطوله وفق {2}: {3}")
MZ_PHRASE(SIM_POL_ONE, "{0}: {1} of waiting on average, 99% of the jobs less than {2}",
    "{0}: متوسط الانتظار {1}، وينتظر 99% من المهام أقل من {2}")
MZ_PHRASE(SIM_POL_SUB,
    "Time to finish: from submission to end. Wait: what of it the job held no chips. 99%: what 99 of "
    "100 jobs do not exceed.",
    "زمن الإنجاز: من التقديم إلى النهاية. الانتظار: ما لم تحجز المهمة فيه شرائح. 99%: ما لا تتجاوزه 99 من كل 100 مهمة.")
MZ_PHRASE(SIM_POL_BAR, "{0}, 99%: {1}", "{0}، 99%: {1}")
MZ_PHRASE(SIM_POL_CHART, "Mean wait by policy", "متوسط الانتظار حسب السياسة")
MZ_PHRASE(SIM_DRAWN,
    "{0} of {1} runs are drawn: the first, and those that finish jobs soonest. The table of policies has all.",
    "يعرض الرسم {0} من أصل {1} محاكاة: الأولى والأسرع إنجازًا. وجدول السياسات يضم الجميع.")
MZ_PHRASE(SIM_USED_HEAD, "{0} holds {1} of {2} chips on average, at the peak {3} ({4})",
    "تشغل {0} في المتوسط {1} من {2} شريحة، وفي الذروة {3} ({4})")
MZ_PHRASE(SIM_USED_SUB,
    "Chips held by jobs, means over spans of {0}. Dotted: all chips. Hatched: chips that are down.",
    "الشرائح التي تحجزها المهام، متوسطات لفترات طولها {0}. المنقّط: كل الشرائح. المخطّط: شرائح معطّلة.")
MZ_PHRASE(SIM_USED_DESC, "Stacked areas of the chips in use at each partner over time, under a dotted line for all chips.",
    "مساحات متراكمة للشرائح المستخدمة لدى كل شريك عبر الزمن، تحت خط منقّط لكل الشرائح.")
MZ_PHRASE(SIM_USED_SWITCH, "Show", "اعرض")
MZ_PHRASE(SIM_USED_PARTNERS, "{0}, by partner", "{0}، حسب الشريك")
MZ_PHRASE(SIM_USED_BY_PARTNER, "By partner", "حسب الشريك")
MZ_PHRASE(SIM_USED_POLICIES, "Policies compared", "مقارنة السياسات")
MZ_PHRASE(SIM_ALL_CHIPS, "All chips", "كل الشرائح")
MZ_PHRASE(SIM_DOWN, "Down", "معطّلة")
MZ_PHRASE(SIM_LINES_DESC, "One line a policy over time.", "خط لكل سياسة عبر الزمن.")
MZ_PHRASE(SIM_QUEUE_HEAD, "Under {0} the queue is longest at {1}: {2} jobs; they wait for {3} chips",
    "وفق {0} يبلغ الطابور أقصاه عند {1}: {2} مهمة تنتظر {3} شريحة")
MZ_PHRASE(SIM_QUEUE_NONE, "Under {0} no job ever waits for long", "وفق {0} لا تنتظر أي مهمة طويلًا")
MZ_PHRASE(SIM_QUEUE_SUB, "What waits, means over spans of {0}.", "ما ينتظر، متوسطات لفترات طولها {0}.")
MZ_PHRASE(SIM_QUEUE_JOBS, "Jobs that wait", "المهام المنتظرة")
MZ_PHRASE(SIM_QUEUE_CHIPS, "Chips that they ask for", "الشرائح المطلوبة")
MZ_PHRASE(SIM_WAIT_HEAD, "Under {0}, {1} of the jobs wait less than {2}; one in a hundred waits more than {3}",
    "وفق {0} ينتظر {1} من المهام أقل من {2}؛ وواحدة من كل مئة تنتظر أكثر من {3}")
MZ_PHRASE(SIM_WAIT_SUB, "Share of the jobs that wait at most so long; the scale is logarithmic.",
    "نسبة المهام التي تنتظر على الأكثر هذه المدة؛ المقياس لوغاريتمي.")
MZ_PHRASE(SIM_WAIT_AT_MOST, "Wait at most", "الانتظار حتى")
MZ_PHRASE(SIM_WAIT_SECONDS, "the same, s", "نفسه، s")
MZ_PHRASE(SIM_FRAG_HEAD, "Under {0}, {1} of the free chips stand on partly used nodes on average",
    "وفق {0} يقع {1} من الشرائح الحرة في المتوسط على عقد مستخدمة جزئيًّا")
MZ_PHRASE(SIM_FRAG_SUB,
    "Jobs that need whole nodes cannot use these chips. Where no chip is free there is no line.",
    "لا تستطيع المهام التي تحتاج عقدًا كاملة استخدام هذه الشرائح. وحيث لا شريحة حرة لا خط.")
MZ_PHRASE(SIM_PLACES_HEAD, "{0}: the {1} largest of {2} attempts took {3} of all chip-hours",
    "{0}: أكبر {1} من أصل {2} محاولة استهلكت {3} من مجمل ساعات الشرائح")
MZ_PHRASE(SIM_PLACES_ALL, "{0}: all {1} attempts, by place", "{0}: جميع المحاولات، وعددها {1}، حسب المكان")
MZ_PHRASE(SIM_PLACES_SUB,
    "A bar is one attempt of a job, as high as the chips that it holds, in the place where its first "
    "part ran; the colour is the partner's.",
    "كل شريط محاولة واحدة لمهمة، وارتفاعه بقدر شرائحها، في المكان الذي عمل فيه جزؤها الأول؛ واللون لون الشريك.")
MZ_PHRASE(SIM_PLACES_LANES, "{0} of {1} places are drawn: those with most chip-hours.",
    "يعرض الرسم {0} من أصل {1} مكان: الأكثر ساعات شرائح.")
MZ_PHRASE(SIM_ATTEMPT, "Attempt", "المحاولة")
MZ_PHRASE(SIM_START, "Start", "البداية")
MZ_PHRASE(SIM_END, "End", "النهاية")
MZ_PHRASE(SIM_OUTCOME, "Outcome", "النتيجة")
MZ_PHRASE(SIM_OUT_DONE, "done", "اكتملت")
MZ_PHRASE(SIM_OUT_FAIL, "ended by a failure", "أنهاها عطل")
MZ_PHRASE(SIM_OUT_PREEMPT, "preempted", "أُزيحت")
MZ_PHRASE(SIM_OUT_RECLAIM, "node reclaimed", "استُردّت العقدة")
MZ_PHRASE(SIM_FAIL_HEAD, "{0} failures interrupt jobs {1} times under {2}; {3} of the chip-hours are lost",
    "{0} عطلًا تقطع المهام {1} مرة وفق {2}؛ ويضيع {3} من ساعات الشرائح")
MZ_PHRASE(SIM_FAIL_SUB,
    "Lost: work that is done again, and restarts. Checkpoints: time spent writing them.",
    "الضائع: العمل المُعاد وإعادة التشغيل. نقاط الحفظ: الزمن المبذول في كتابتها.")
MZ_PHRASE(SIM_FAIL_CHART, "Lost chip-hours by policy", "ساعات الشرائح الضائعة حسب السياسة")
MZ_PHRASE(SIM_FAIL_BAR, "{0} lost, {1} checkpoints", "{0} ضائعة، {1} نقاط حفظ")
MZ_PHRASE(SIM_FAILURES, "Failures", "الأعطال")
MZ_PHRASE(SIM_INTERRUPTIONS, "Interruptions", "الانقطاعات")
MZ_PHRASE(SIM_CHECKPOINTS, "Checkpoints", "نقاط الحفظ")
MZ_PHRASE(SIM_USED_HOURS, "Held by jobs", "محجوزة للمهام")
MZ_PHRASE(SIM_MONEY_HEAD, "{0} draws {1} of the {2} committed ({3})",
    "تسحب {0} مبلغ {1} من الالتزامات البالغة {2} ({3})")
MZ_PHRASE(SIM_MONEY_FREE, "{0} draws {1}; no contract has a commitment", "تسحب {0} مبلغ {1}؛ لا التزام في أي عقد")
MZ_PHRASE(SIM_MONEY_SUB,
    "Drawn: chip-hours at the contract's price. Outline: the commitment. All jobs together {0}, "
    "committed or not.",
    "المسحوب: ساعات الشرائح بسعر العقد. الإطار: الالتزام. مجموع المهام كلها {0}، ملتزمًا به أو لا.")
MZ_PHRASE(SIM_MONEY_BAR, "{0} of {1} ({2})", "{0} من {1} ({2})")
MZ_PHRASE(SIM_MONEY_BAR_FREE, "{0}, no commitment", "{0}، بلا التزام")
MZ_PHRASE(SIM_CONTRACTS_SOME, "The first {0} of {1} contracts.", "أول {0} من أصل {1} عقد.")
MZ_PHRASE(SIM_COMMITTED, "Committed", "الملتزم به")
MZ_PHRASE(SIM_TEAMS_HEAD, "Under {0}, {1} waits longest: {2} on average; {3} least: {4}",
    "وفق {0} ينتظر {1} أطول انتظار: {2} في المتوسط؛ و{3} أقله: {4}")
MZ_PHRASE(SIM_TEAMS_SUB, "Mean wait of a team's jobs, and what they used. Largest teams first.",
    "متوسط انتظار مهام الفريق وما استخدمته. الأكبر أولًا.")
MZ_PHRASE(SIM_TEAMS_SOME, "The {0} largest of {1} teams.", "أكبر {0} من أصل {1} فريق.")
MZ_PHRASE(SIM_TEAMS_BAR, "{0}, {1} of the chip-hours", "{0}، {1} من ساعات الشرائح")
MZ_PHRASE(SIM_WAIT_UNDER, "Wait, {0}", "الانتظار، {0}")
MZ_PHRASE(SIM_DRAWN_UNDER, "Drawn, {0}", "المسحوب، {0}")
MZ_PHRASE(SIM_AP_HEAD, "Everything that is needed to repeat this simulation",
    "كل ما يلزم لإعادة هذه المحاكاة")
MZ_PHRASE(SIM_AP_SUB, "The same command gives the same hash: every start, end and preemption in order.",
    "الأمر نفسه يعطي البصمة نفسها: كل بداية ونهاية وإزاحة بالترتيب.")
MZ_PHRASE(SIM_AP_COMMAND, "Command:", "الأمر:")
MZ_PHRASE(SIM_AP_TRACE, "Trace {0}, kind {1}: {2} jobs, {3} rows skipped.",
    "السجل {0}، نوعه {1}: عدد المهام {2}، والصفوف المتجاوزة {3}.")
MZ_PHRASE(SIM_AP_TRACE_SYNTHETIC, "Trace {0}, synthetic: {2} jobs.", "السجل {0}، اصطناعي: عدد المهام {2}.")
MZ_PHRASE(SIM_AP_FLEET, "Fleet: {0}.", "الأسطول: {0}.")
MZ_PHRASE(SIM_AP_HASH, "Result hash", "بصمة النتيجة")
MZ_PHRASE(SIM_AP_EVENTS, "Events", "الأحداث")
MZ_PHRASE(SIM_AP_DECISIONS, "Decisions", "القرارات")
MZ_PHRASE(SIM_AP_RUNS, "Runs", "عمليات المحاكاة")
MZ_PHRASE(SIM_AP_JSON_LONG, "The result as JSON is too long for this page: run the command with --json.",
    "النتيجة بصيغة JSON أطول من أن تُضمَّن هنا: شغّل الأمر مع ‎--json‎.")
MZ_PHRASE(SIM_AP_WHY, "Why a job waits", "سبب انتظار مهمة")
/* clang-format on */
/* clang-format on */
