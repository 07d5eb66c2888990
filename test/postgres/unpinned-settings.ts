/*
 * Settings of PostgreSQL that anybody may preset and that we leave alone. A newer PostgreSQL has more: each is either set in
 * our sessions (`src/postgres/settings.ts`) or judged here.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** They change how fast something is done, what is logged, or something that we never ask for. */
export const HARMLESS: readonly string[] = [
  // The planner's and executor's choices: same rows, sooner or later.
  ...words(`
    backend_flush_after constraint_exclusion cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction
    debug_parallel_query default_statistics_target effective_cache_size effective_io_concurrency enable_async_append
    enable_bitmapscan enable_distinct_reordering enable_gathermerge enable_group_by_reordering enable_hashagg enable_hashjoin
    enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
    enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning enable_partitionwise_aggregate
    enable_partitionwise_join enable_presorted_aggregate enable_self_join_elimination enable_seqscan enable_sort enable_tidscan
    from_collapse_limit geqo geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold
    hash_mem_multiplier io_combine_limit jit jit_above_cost jit_expressions jit_inline_above_cost jit_optimize_above_cost
    jit_tuple_deforming join_collapse_limit maintenance_io_concurrency maintenance_work_mem max_parallel_maintenance_workers
    max_parallel_workers max_parallel_workers_per_gather min_parallel_index_scan_size min_parallel_table_scan_size
    parallel_leader_participation parallel_setup_cost parallel_tuple_cost plan_cache_mode random_page_cost
    recursive_worktable_factor seq_page_cost temp_buffers work_mem`),
  // How rows are kept: same rows.
  ...words(`
    commit_siblings default_toast_compression file_copy_method gin_pending_list_limit logical_decoding_work_mem
    temp_tablespaces vacuum_buffer_usage_limit vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit
    vacuum_cost_page_miss vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age
    vacuum_max_eager_freeze_failure_rate vacuum_multixact_failsafe_age vacuum_multixact_freeze_min_age
    vacuum_multixact_freeze_table_age vacuum_truncate wal_skip_threshold`),
  // What is said of it: logs and warnings.
  ...words(`
    application_name client_min_messages debug_pretty_print debug_print_parse debug_print_plan debug_print_raw_parse
    debug_print_rewritten escape_string_warning log_parameter_max_length_on_error md5_password_warnings
    plpgsql.extra_warnings plpgsql.print_strict_params stats_fetch_consistency trace_notify trace_sort`),
  // How soon the server notices that a client is gone: our locks are let go of by `idle_session_timeout`.
  ...words(
    `client_connection_check_interval tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout`,
  ),
  // Full text search, rows in no order, collations, replication: nothing of ours.
  ...words(`
    debug_logical_replication_streaming default_text_search_config icu_validation_level synchronize_seqscans wal_sender_timeout`),
  // Of the transaction that runs: each begins with the default, which we set.
  ...words(`transaction_deferrable transaction_isolation transaction_read_only`),
  // How costly a stored password is to guess, for the role that `migrate` makes: who runs the server may want more.
  'scram_iterations',
];

/** Only a superuser, or a connection at its start, can say these; they are the server's own, and change nothing that we read. */
export const OF_THE_ADMINISTRATOR: readonly string[] = [
  ...words(`
    allow_in_place_tablespaces allow_system_table_mods backtrace_functions commit_delay compute_query_id deadlock_timeout
    debug_discard_caches event_triggers jit_debugging_support jit_dump_bitcode jit_profiling_support lc_messages
    lo_compat_privileges local_preload_libraries log_connections log_disconnections log_duration log_error_verbosity
    log_executor_stats log_lock_failures log_lock_waits log_min_duration_sample log_min_duration_statement
    log_min_error_statement log_min_messages log_parameter_max_length log_parser_stats log_planner_stats
    log_replication_commands log_statement log_statement_sample_rate log_statement_stats log_temp_files
    log_transaction_sample_rate max_stack_depth post_auth_delay session_preload_libraries dynamic_library_path
    extension_control_path temp_file_limit track_activities track_cost_delay_timing track_counts track_functions
    track_io_timing track_wal_io_timing update_process_title wal_compression wal_consistency_checking wal_init_zero
    wal_recycle`),
];
