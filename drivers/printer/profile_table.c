/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The models of printers that we know. Columns, dots, cutters, codes and the numbers of code pages are facts of the
 * models as gathered by the escpos-printer-db contributors (receipt-print-hq/escpos-printer-db, CC BY 4.0), written
 * anew here; where that database knows no dots, they are the columns times the 12 of font A, or 576 of an 80 mm
 * printer.
 *
 * Ours are marker, asb, flow and buffer_bytes. Epson, ESC/POS Application Programming Guide 10.01: GS ( H (p. 425,
 * which names the printers without it), GS r, GS a, and the serial interface; the manuals of Citizen, Bixolon, Wincor
 * and Rongta for GS r and GS a; Star, Line Mode Command Specifications, for ETB and automatic status. Of other makers
 * we only know that they follow Epson's older command set, so nothing is asked of them that a clone may lack: their
 * prints end "unknown" until somebody has seen that such a printer answers and says so in a profile of the store's
 * own.
 *
 * Only code pages that code_pages.c has a table of, in the order in which they are looked through: the whole of
 * Russian with box drawing, what that lacks (« » Ukrainian, Kazakh), then the Latin ones.
 */
#include "drivers/printer/profile.h"

/* clang-format off */
#define ALL_CODES .barcode = true, .qr = true, .pdf417 = true

static const struct profile_page pages_citizen_ct_s651[] = {
    {866, 7}, {437, 0}, {858, 19}, {1252, 9}, {852, 6}, {850, 2}, {857, 8}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_munbyn_itpp047[] = {
    {866, 17}, {437, 0}, {858, 19}, {1252, 6}, {852, 18}, {850, 2}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_kefar_kr_306[] = {
    {866, 12}, {1251, 51}, {437, 0}, {858, 14}, {1252, 11}, {852, 13}, {850, 2}, {1250, 50}, {857, 39}, {737, 42},
    {855, 38}, {860, 3}, {863, 4}, {865, 5}, {861, 34}, {869, 44}, {0, 0}};
static const struct profile_page pages_netum_nt_5890k[] = {
    {866, 17}, {1251, 73}, {437, 0}, {858, 19}, {1252, 16}, {852, 18}, {850, 2}, {1250, 72}, {857, 61}, {1254, 91},
    {1257, 25}, {775, 95}, {737, 64}, {1253, 90}, {855, 60}, {860, 3}, {863, 4}, {865, 5}, {861, 56}, {869, 66},
    {0, 0}};
static const struct profile_page pages_pbm_p822d[] = {
    {866, 17}, {1251, 73}, {437, 0}, {858, 19}, {1252, 16}, {852, 18}, {850, 2}, {1250, 72}, {857, 61}, {1257, 25},
    {737, 64}, {855, 60}, {860, 3}, {863, 4}, {865, 5}, {861, 56}, {869, 66}, {0, 0}};
static const struct profile_page pages_seiko_rp_f10_58mm[] = {
    {866, 17}, {1251, 46}, {437, 0}, {858, 19}, {1252, 16}, {852, 18}, {850, 2}, {1250, 45}, {857, 13}, {1254, 48},
    {737, 14}, {1253, 47}, {855, 34}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_rongta_rp326[] = {
    {866, 7}, {1251, 6}, {437, 0}, {858, 19}, {1252, 16}, {28605, 44}, {852, 18}, {850, 2}, {1250, 30}, {28592, 36},
    {857, 29}, {1254, 32}, {28599, 43}, {1257, 25}, {775, 31}, {737, 24}, {1253, 17}, {28597, 41}, {855, 28},
    {28595, 39}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_star_sp2000[] = {
    {866, 10}, {1251, 34}, {437, 1}, {858, 4}, {1252, 32}, {852, 5}, {1250, 33}, {857, 12}, {737, 15}, {855, 11},
    {860, 6}, {863, 8}, {865, 9}, {861, 7}, {869, 17}, {0, 0}};
static const struct profile_page pages_bixolon_srp_s300[] = {
    {866, 17}, {437, 0}, {858, 19}, {1252, 16}, {28605, 40}, {852, 18}, {850, 2}, {28592, 39}, {775, 33}, {1253, 47},
    {855, 34}, {860, 3}, {863, 4}, {865, 5}, {861, 35}, {869, 38}, {0, 0}};
static const struct profile_page pages_sunmi_sunmi_v2[] = {
    {866, 17}, {437, 0}, {858, 19}, {1252, 16}, {852, 18}, {850, 2}, {857, 13}, {775, 33}, {737, 14}, {28597, 15},
    {855, 34}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_metapace_t_1[] = {
    {437, 0}, {858, 19}, {850, 2}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_epos_tep_200m[] = {
    {866, 17}, {1251, 46}, {1125, 44}, {1048, 53}, {437, 0}, {858, 19}, {1252, 16}, {28605, 40}, {852, 18}, {850, 2},
    {1250, 45}, {28592, 39}, {857, 13}, {1254, 48}, {1257, 51}, {775, 33}, {737, 14}, {1253, 47}, {28597, 15},
    {855, 34}, {860, 3}, {863, 4}, {865, 5}, {861, 35}, {869, 38}, {0, 0}};
static const struct profile_page pages_wincor_th230[] = {
    {866, 7}, {437, 0}, {858, 6}, {1252, 8}, {852, 2}, {850, 1}, {1250, 17}, {857, 12}, {1254, 16}, {1257, 28},
    {775, 27}, {737, 10}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_epson_tm_t70[] = {
    {866, 17}, {437, 0}, {858, 19}, {1252, 16}, {852, 18}, {850, 2}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_437[] = {
    {437, 0}, {0, 0}};
static const struct profile_page pages_epson_tm_t88ii[] = {
    {866, 17}, {1251, 46}, {1125, 44}, {1048, 53}, {437, 0}, {1252, 16}, {28605, 40}, {852, 18}, {850, 2}, {1250, 45},
    {28592, 39}, {857, 13}, {1254, 48}, {1257, 51}, {775, 33}, {737, 14}, {1253, 47}, {28597, 15}, {855, 34},
    {860, 3}, {863, 4}, {865, 5}, {861, 35}, {869, 38}, {0, 0}};
static const struct profile_page pages_epson_tm_t88iii[] = {
    {866, 17}, {1251, 6}, {437, 0}, {858, 19}, {1252, 16}, {850, 2}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_epson_tm_t88v[] = {
    {866, 17}, {1251, 46}, {1048, 53}, {437, 0}, {858, 19}, {1252, 16}, {28605, 40}, {852, 18}, {850, 2}, {1250, 45},
    {28592, 39}, {857, 13}, {1254, 48}, {1257, 51}, {775, 33}, {737, 14}, {1253, 47}, {28597, 15}, {855, 34},
    {860, 3}, {863, 4}, {865, 5}, {861, 35}, {869, 38}, {0, 0}};
static const struct profile_page pages_yhdaa_yhd_8390[] = {
    {866, 12}, {1251, 18}, {437, 0}, {858, 14}, {1252, 11}, {852, 13}, {850, 2}, {857, 24}, {1257, 20}, {737, 29},
    {860, 3}, {863, 4}, {865, 5}, {869, 27}, {0, 0}};
static const struct profile_page pages_zijiang_zj_5870[] = {
    {866, 17}, {437, 0}, {1252, 16}, {852, 18}, {850, 2}, {860, 3}, {863, 4}, {865, 5}, {0, 0}};
static const struct profile_page pages_generic_58mm[] = {
    {866, 17}, {437, 0}, {858, 19}, {1252, 16}, {852, 18}, {850, 2}, {0, 0}};

const struct profile profile_table[] = {
    {.name = "epson-tm-t20iii", .title = "Epson TM-T20III", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t88v", .title = "Epson TM-T88V", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epson_tm_t88v},
    {.name = "rongta-rp326", .title = "Rongta RP326", .columns = 42, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .pages = pages_rongta_rp326},
    {.name = "generic-58mm", .title = "58 mm without a cutter: POS-5890 and its like", .columns = 32, .dots = 384,
     .raster = true, .drawer = true, .pages = pages_generic_58mm},
    {.name = "generic-text", .title = "Bare text: whatever prints ASCII", .language = PROFILE_TEXT, .columns = 40, .dots = 480,
     .pages = pages_437},
    {.name = "bixolon-srp-s300", .title = "Bixolon SRP-S300", .columns = 48, .dots = 640, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_bixolon_srp_s300},
    {.name = "citizen-ct-s651", .title = "Citizen CT-S651", .columns = 48, .dots = 640, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_citizen_ct_s651},
    {.name = "epos-tep-200m", .title = "EPOS TEP200M Series", .columns = 42, .dots = 504, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-l90", .title = "Epson TM-L90", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-m30iii", .title = "Epson TM-m30III", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epson_tm_t88ii},
    {.name = "epson-tm-p80", .title = "Epson TM-P80", .columns = 42, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-p80-42col", .title = "Epson TM-P80 (42 column mode)", .columns = 42, .dots = 546,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t20ii", .title = "Epson TM-T20II", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t20ii-42col", .title = "Epson TM-T20II (42 column mode)", .columns = 42, .dots = 546,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t70", .title = "Epson TM-T70", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epson_tm_t70},
    {.name = "epson-tm-t70-sa", .title = "Epson TM-T70 South Asia", .columns = 48, .dots = 576,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_437},
    {.name = "epson-tm-t70ii", .title = "Epson TM-T70II", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t70ii-ch", .title = "Epson TM-T70II Chinese", .columns = 48, .dots = 576,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t70ii-ch-58mm", .title = "Epson TM-T70II Traditional Chinese", .columns = 34, .dots = 416,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t70ii-sa", .title = "Epson TM-T70II South Asia", .columns = 48, .dots = 576,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epos_tep_200m},
    {.name = "epson-tm-t88ii", .title = "Epson TM-T88II", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epson_tm_t88ii},
    {.name = "epson-tm-t88iii", .title = "Epson TM-T88III", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epson_tm_t88iii},
    {.name = "epson-tm-t88iv", .title = "Epson TM-T88IV", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H, .asb = true,
     .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_epson_tm_t70},
    {.name = "epson-tm-t88iv-sa", .title = "Epson TM-T88IV South Asia", .columns = 42, .dots = 512,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_H,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_437},
    {.name = "epson-tm-u220", .title = "Epson TM-U220", .columns = 42, .dots = 400, .drawer = true,
     .marker = PROFILE_MARKER_GS_R, .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 1024,
     .pages = pages_437},
    {.name = "epson-tm-u220b", .title = "Epson TM-U220B", .columns = 42, .dots = 400, .cut = PROFILE_CUT_PARTIAL,
     .drawer = true, .marker = PROFILE_MARKER_GS_R, .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 1024,
     .pages = pages_437},
    {.name = "generic-all", .title = "Generic Default", .columns = 42, .dots = 504, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_epos_tep_200m},
    {.name = "generic-safe", .title = "Generic Safe", .columns = 42, .dots = 504, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_epson_tm_t70},
    {.name = "generic-simple", .title = "Generic Simple", .columns = 42, .dots = 504, .raster = true, .drawer = true,
     .pages = pages_437},
    {.name = "kefar-kr-306", .title = "Kefar KR-306", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_kefar_kr_306},
    {.name = "metapace-t-1", .title = "Metapace T-1", .columns = 42, .dots = 504, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .pages = pages_metapace_t_1},
    {.name = "munbyn-itpp047", .title = "Munbyn ITPP047", .columns = 42, .dots = 512, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_munbyn_itpp047},
    {.name = "netum-nt-5890k", .title = "Netum NT-5890K", .columns = 32, .dots = 384, .raster = true, .drawer = true,
     .pages = pages_netum_nt_5890k},
    {.name = "netum-nt-80-v-ul", .title = "Netum 80-V-UL", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_netum_nt_5890k},
    {.name = "pbm-p822d", .title = "PBM P822D", .columns = 42, .dots = 576, .cut = PROFILE_CUT_PARTIAL, ALL_CODES,
     .raster = true, .drawer = true, .pages = pages_pbm_p822d},
    {.name = "rongta-rp332", .title = "Rongta RP332", .columns = 42, .dots = 576, .cut = PROFILE_CUT_FULL, ALL_CODES,
     .raster = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .pages = pages_rongta_rp326},
    {.name = "seiko-rp-f10-58mm", .title = "Seiko RP-F10", .columns = 36, .dots = 432, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .flow = PROFILE_FLOW_RTSCTS, .pages = pages_seiko_rp_f10_58mm},
    {.name = "seiko-rp-f10-80mm", .title = "Seiko RP-F10", .columns = 48, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .flow = PROFILE_FLOW_RTSCTS, .pages = pages_seiko_rp_f10_58mm},
    {.name = "star-mcprint", .title = "Star Micronics mcPrint2/mcPrint3", .language = PROFILE_STAR, .columns = 42,
     .dots = 504, .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_ETB,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_star_sp2000},
    {.name = "star-sp2000", .title = "Star Micronics SP2000 Series", .language = PROFILE_STAR, .columns = 42,
     .dots = 504, .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_ETB,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_star_sp2000},
    {.name = "star-tsp600", .title = "Star Micronics TSP600 Series", .language = PROFILE_STAR, .columns = 42,
     .dots = 576, .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_ETB,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_star_sp2000},
    {.name = "star-tsp800", .title = "Star Micronics TSP800 Series", .language = PROFILE_STAR, .columns = 42,
     .dots = 833, .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_ETB,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_star_sp2000},
    {.name = "star-tup500", .title = "Star Micronics TUP500 Series", .language = PROFILE_STAR, .columns = 42,
     .dots = 504, .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .raster = true, .drawer = true, .marker = PROFILE_MARKER_ETB,
     .asb = true, .flow = PROFILE_FLOW_RTSCTS, .buffer_bytes = 4096, .pages = pages_star_sp2000},
    {.name = "sunmi-sunmi-v2", .title = "Sunmi Sunmi V2", .columns = 32, .dots = 384, ALL_CODES, .raster = true,
     .drawer = true, .pages = pages_sunmi_sunmi_v2},
    {.name = "wincor-th230", .title = "Wincor Nixdorf TH230", .columns = 44, .dots = 576, .cut = PROFILE_CUT_PARTIAL,
     .barcode = true, .drawer = true, .marker = PROFILE_MARKER_GS_R, .flow = PROFILE_FLOW_RTSCTS,
     .pages = pages_wincor_th230},
    {.name = "wincor-th230plus", .title = "Wincor Nixdorf TH230+", .columns = 44, .dots = 576,
     .cut = PROFILE_CUT_PARTIAL, ALL_CODES, .drawer = true, .marker = PROFILE_MARKER_GS_R,
     .flow = PROFILE_FLOW_RTSCTS, .pages = pages_wincor_th230},
    {.name = "yhdaa-yhd-8390", .title = "YHDAA YHD-8390", .columns = 48, .dots = 640, .cut = PROFILE_CUT_PARTIAL,
     ALL_CODES, .raster = true, .drawer = true, .pages = pages_yhdaa_yhd_8390},
    {.name = "zijiang-zj-5870", .title = "ZiJiang ZJ-5870", .columns = 32, .dots = 384, .raster = true,
     .drawer = true, .pages = pages_zijiang_zj_5870},
    {.name = "zjiang-pos-5890", .title = "Zjiang POS5890 Series", .columns = 32, .dots = 384, .raster = true,
     .drawer = true, .pages = pages_netum_nt_5890k},
    {0},
};
/* clang-format on */
