// Names of the tags met in films of the chest, and which of them identify a patient: those that the basic profile of
// PS3.15 annex E removes or replaces. A table of data; a tag that is missing is listed by its number.

export interface TagName {
  readonly name: string;
  /** For files that do not say. */
  readonly vr: string;
  readonly identifying?: true;
}

/** A value of these kinds leads to a person wherever it stands. */
export const IDENTIFYING_VRS: ReadonlySet<string> = new Set(['PN']);

/** Tag, name, VR; an `i` behind it marks the identifying ones. */
const ROWS = `
00020000|Meta group length|UL
00020002|Media storage SOP class|UI
00020003|Media storage SOP instance|UI|i
00020010|Transfer syntax|UI
00020012|Implementation class|UI
00020013|Implementation version|SH
00020016|Source application|AE|i
00080005|Character set|CS
00080008|Image type|CS
00080012|Instance creation date|DA|i
00080013|Instance creation time|TM|i
00080014|Instance creator|UI|i
00080016|SOP class|UI
00080018|SOP instance|UI|i
00080020|Study date|DA|i
00080021|Series date|DA|i
00080022|Acquisition date|DA|i
00080023|Content date|DA|i
0008002A|Acquisition date and time|DT|i
00080030|Study time|TM|i
00080031|Series time|TM|i
00080032|Acquisition time|TM|i
00080033|Content time|TM|i
00080050|Accession number|SH|i
00080060|Modality|CS
00080064|Conversion type|CS
00080068|Presentation intent|CS
00080070|Manufacturer|LO
00080080|Institution name|LO|i
00080081|Institution address|ST|i
00080090|Referring physician|PN|i
00080092|Referring physician's address|ST|i
00080094|Referring physician's telephone|SH|i
00081010|Station name|SH|i
00081030|Study description|LO|i
00081032|Procedure code|SQ
0008103E|Series description|LO|i
00081040|Department|LO|i
00081048|Physicians of record|PN|i
00081050|Performing physician|PN|i
00081060|Reading physician|PN|i
00081070|Operators|PN|i
00081080|Admitting diagnosis|LO|i
00081090|Model name|LO
00081110|Referenced study|SQ|i
00081111|Referenced procedure step|SQ|i
00081115|Referenced series|SQ|i
00081120|Referenced patient|SQ|i
00081140|Referenced image|SQ|i
00082111|Derivation description|ST|i
00082112|Source image|SQ|i
00082218|Anatomic region|SQ
00100010|Patient's name|PN|i
00100020|Patient ID|LO|i
00100021|Issuer of patient ID|LO|i
00100030|Birth date|DA|i
00100032|Birth time|TM|i
00100040|Sex|CS|i
00100050|Insurance plan|SQ|i
00101000|Other patient IDs|LO|i
00101001|Other names|PN|i
00101002|Other patient IDs|SQ|i
00101005|Birth name|PN|i
00101010|Age|AS|i
00101020|Size|DS|i
00101030|Weight|DS|i
00101040|Address|LO|i
00101060|Mother's birth name|PN|i
00101080|Military rank|LO|i
00101090|Medical record locator|LO|i
00102000|Medical alerts|LO|i
00102110|Allergies|LO|i
00102150|Country|LO|i
00102152|Region|LO|i
00102154|Telephone|SH|i
00102160|Ethnic group|SH|i
00102180|Occupation|SH|i
001021A0|Smoking|CS|i
001021B0|Patient history|LT|i
001021C0|Pregnancy|US|i
001021F0|Religion|LO|i
00104000|Patient comments|LT|i
00120010|Trial sponsor|LO|i
00120020|Trial protocol|LO|i
00120040|Trial subject|LO|i
00120062|Identity removed|CS
00120063|De-identification method|LO
00180010|Contrast agent|LO
00180015|Body part|CS
00180050|Slice thickness|DS
00180060|Peak voltage, kV|DS
00181000|Device serial number|LO|i
00181004|Plate ID|LO|i
00181008|Gateway ID|LO|i
00181012|Date of secondary capture|DA|i
00181016|Maker of secondary capture|LO
00181020|Software version|LO
00181030|Protocol name|LO|i
00181110|Distance from source to detector, mm|DS
00181111|Distance from source to patient, mm|DS
00181114|Magnification|DS
00181150|Exposure time, ms|IS
00181151|Tube current, mA|IS
00181152|Exposure, mAs|IS
00181153|Exposure, uAs|IS
00181160|Filter type|SH
00181164|Detector pixel spacing, mm|DS
00181166|Grid|CS
00181190|Focal spots, mm|DS
00181200|Date of last calibration|DA|i
00181260|Plate type|SH
00181400|Acquisition device processing|LO
00181401|Processing code|LO
00181402|Cassette orientation|CS
00181403|Cassette size|CS
00181404|Exposures on plate|US
00181405|Relative exposure|IS
00181411|Exposure index|DS
00181412|Target exposure index|DS
00181413|Deviation index|DS
00181508|Positioner type|CS
00182010|Scanned pixel spacing, mm|DS
00185100|Patient position|CS
00185101|View position|CS
00186000|Sensitivity|DS
00187004|Detector type|CS
00187005|Detector configuration|CS
0018700A|Detector ID|SH|i
0018700C|Date of last detector calibration|DA|i
0018701A|Detector binning|DS
00187030|Field of view origin|DS
00187032|Field of view rotation|DS
00187034|Field of view mirrored|CS
0020000D|Study instance|UI|i
0020000E|Series instance|UI|i
00200010|Study ID|SH|i
00200011|Series number|IS
00200012|Acquisition number|IS
00200013|Instance number|IS
00200020|Patient orientation|CS
00200032|Image position|DS
00200037|Image orientation|DS
00200052|Frame of reference|UI|i
00200060|Laterality|CS
00200062|Image laterality|CS
00201040|Position reference|LO
00204000|Image comments|LT|i
00280002|Samples per pixel|US
00280004|Photometric interpretation|CS
00280006|Planar configuration|US
00280008|Frames|IS
00280010|Rows|US
00280011|Columns|US
00280030|Pixel spacing, mm|DS
00280034|Pixel aspect ratio|IS
00280100|Bits allocated|US
00280101|Bits stored|US
00280102|High bit|US
00280103|Signed|US
00280106|Smallest value|US
00280107|Largest value|US
00280120|Padding value|US
00280121|Padding limit|US
00280300|Quality control image|CS
00280301|Burnt-in annotation|CS
00280A02|Spacing calibration|CS
00280A04|Spacing calibration description|LO
00281040|Pixel intensity|CS
00281041|Pixel intensity sign|SS
00281050|Window center|DS
00281051|Window width|DS
00281052|Rescale intercept|DS
00281053|Rescale slope|DS
00281054|Rescale type|LO
00281055|Window names|LO
00281056|Window function|CS
00281101|Red palette descriptor|US
00281102|Green palette descriptor|US
00281103|Blue palette descriptor|US
00281201|Red palette|OW
00281202|Green palette|OW
00281203|Blue palette|OW
00282110|Lossy compression|CS
00282112|Lossy compression ratio|DS
00282114|Lossy compression method|CS
00283000|Modality LUT|SQ
00283010|VOI LUT|SQ
00321032|Requesting physician|PN|i
00321033|Requesting service|LO|i
00321060|Requested procedure|LO|i
00324000|Study comments|LT|i
00380010|Admission ID|LO|i
00380300|Patient's place|LO|i
00380500|Patient state|LO|i
00400002|Scheduled start date|DA|i
00400244|Procedure start date|DA|i
00400245|Procedure start time|TM|i
00400253|Procedure step ID|SH|i
00400254|Procedure step description|LO|i
00400275|Request attributes|SQ|i
00400280|Procedure comments|ST|i
00400555|Acquisition context|SQ|i
00401001|Requested procedure ID|SH|i
0040A124|Identifier|UI|i
0040A730|Content|SQ|i
00540220|View code|SQ
00880140|Storage media set|UI|i
20500020|Presentation LUT shape|CS
30060024|Referenced frame of reference|UI|i
7FE00008|Float pixel data|OF
7FE00009|Double pixel data|OD
7FE00010|Pixel data|OW
`;

export const TAG_NAMES: Readonly<Record<string, TagName | undefined>> = Object.fromEntries(
  ROWS.trim()
    .split('\n')
    .map((row) => {
      const [tag, name, vr, mark] = row.split('|');
      return [tag, { name: name!, vr: vr!, ...(mark === 'i' && { identifying: true as const }) }];
    }),
);
