/* The tables and views of a results file, as SQL. results/README.md explains every column; a test compares the two. */
#ifndef NINES_SIM_STORE_SCHEMA_H
#define NINES_SIM_STORE_SCHEMA_H

/* In the header of the file, so that `file run.db` and we can tell it from any other database: "nine". */
enum { STORE_APPLICATION_ID = 0x6e696e65 };

/* Statements for an empty database, to be run in this order in one transaction; ends with NULL. */
extern const char *const store_schema[];

#endif
