/* page_fixture.h - views of made-up fleets for the dashboard's pages */
#ifndef MZ_TESTS_CONTROL_PAGE_FIXTURE_H
#define MZ_TESTS_CONTROL_PAGE_FIXTURE_H

#include "base/arena.h"
#include "control/page.h"

enum page_fixture_kind {
    PAGE_NORMAL,  /* five partners, one node lost, five jobs */
    PAGE_EMPTY,   /* no partner, no job */
    PAGE_LOST,    /* a partner is lost, its jobs restart elsewhere */
    PAGE_HOSTILE, /* names that want out of HTML, attributes, addresses and shells */
    PAGE_MANY     /* 20 partners, 6,000 nodes, 2,000 jobs */
};

struct page_fixture {
    struct mz_arena *arena;
    struct mz_page_overview overview;
    struct mz_page_jobs jobs;
    struct mz_page_job job;     /* one that runs */
    struct mz_page_job waiting; /* one that waits */
};

struct page_fixture *page_fixture_new(enum page_fixture_kind kind);
void page_fixture_free(struct page_fixture *fixture);

extern const char page_fixture_hostile[];
extern const int64_t page_fixture_now_us; /* 2026-03-12 14:10:07 UTC */

#endif
