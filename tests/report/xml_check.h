/* xml_check.h - is every drawing of a page well-formed XML, and every id unique? */
#ifndef MZ_TESTS_REPORT_XML_CHECK_H
#define MZ_TESTS_REPORT_XML_CHECK_H

/* NULL when every <svg> ... </svg> has balanced tags, quoted attributes, known entities and finite
 * numbers; else what is wrong and where (a static buffer). */
const char *xml_check_drawings(const char *page);

/* NULL when no id is given twice. */
const char *xml_check_ids(const char *page);

#endif
