import type { ConceptRole } from '../../contract/values.ts'

const words = (list: string): readonly string[] => list.split('|')

/** Headers of the column that has a role, as `headerWords` has them; those that say it best come first. */
export const roleHeaders: Record<Exclude<ConceptRole, 'observation'>, readonly string[]> = {
  patientKey: words(
    'patient id|patientid|patient key|patient no|patient number|subject id|subjectid|subjid|usubjid|mrn|medical record number|hospital number|nhs number|pid|id|patient|subject|record id|case no|case number|患者id|患者编号|患者号|病人id|病人编号|病历号|病案号|住院号|门诊号|登记号|身份证号|身份证号码|编号|研究编号|受试者编号|序号',
  ),
  patientName: words('patient name|full name|name|患者姓名|病人姓名|姓名|名字'),
  birthDate: words(
    'date of birth|birth date|birthdate|birthday|dob|dobth|date birth|出生日期|出生年月日|出生年月|生日',
  ),
  sex: words('sex|gender|性别'),
  site: words('site|center|centre|hospital|clinic|institution|study site|site id|center id|中心|分中心|医院|机构|院区'),
  encounterDate: words(
    'encounter date|visit date|visit|date|exam date|examination date|admission date|date of visit|sample date|就诊日期|就诊时间|检查日期|检验日期|入院日期|随访日期|日期',
  ),
  outcomeTime: words(
    'time|futime|rfstime|survtime|survival time|surv time|time to event|follow up|followup|follow up time|followup time|follow up days|os time|os days|os months|pfs time|dfs time|生存时间|随访时间|生存时间 天|生存时间 月|总生存时间|无进展生存时间',
  ),
  outcomeEvent: words(
    'status|event|death|dead|died|censor|vital status|os status|os event|pfs status|dfs status|fustat|生存状态|状态|结局事件|死亡|是否死亡|复发|是否复发',
  ),
  outcome: words('outcome|target|class|diagnosis|label|结局|诊断|诊断结果|结果分类|分类'),
}
