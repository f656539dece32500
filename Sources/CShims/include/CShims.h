#ifndef QW_CSHIMS_H
#define QW_CSHIMS_H
/* What Swift cannot reach, one topic a header: every name starts with qw_. */
#include "qw_crc32c.h"
#include "qw_decimal.h"
#include "qw_digits.h"
#include "qw_json.h"
#include "qw_texts.h"
#include "qw_columns.h"
#include "qw_rows.h"
#include "qw_tally.h"
#include "qw_csv.h"
#include "qw_utf8.h"
#include "qw_websocket.h"
#include "qw_os.h"
#include "qw_io.h"
#endif
