//! Every budget that keeps a hostile or huge object from hurting a scan.

/// The limits of decoding. All sizes are in bytes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a block, about; a block ends at the first record end past this.
    pub block_bytes: usize,
    /// A record (row, line group, JSON element) longer than this is a gap, or is cut if it is text.
    pub record_bytes_max: usize,
    /// Margin on each side of a cut in an endless line.
    pub margin_bytes: usize,
    /// Nesting of JSON and of containers of values.
    pub depth_max: usize,
    /// Containers within containers (gzip in gzip).
    pub container_depth_max: usize,
    /// Distinct fields of an object; the rest share one.
    pub fields_max: usize,
    /// Decompressed bytes per compressed byte, once `expansion_floor` is passed.
    pub expansion_ratio_max: u64,
    /// Decompressed bytes below which the ratio is not looked at.
    pub expansion_floor: u64,
    /// Decompressed bytes of one object.
    pub expansion_bytes_max: u64,
    /// The footer of a Parquet file; a longer one is a gap.
    pub footer_bytes_max: usize,
    /// A page of a Parquet file, compressed or not, and the pages that one batch of rows of a column needs.
    pub page_bytes_max: usize,
    /// What the columns of one row group of a Parquet file hold open together: pages, dictionaries, values of a batch.
    pub group_bytes_max: usize,
    /// What is held in a temporary file where a format needs random access and the stream has none.
    pub spill_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            block_bytes: 256 << 10,
            record_bytes_max: 4 << 20,
            margin_bytes: 1024,
            depth_max: 128,
            container_depth_max: 4,
            fields_max: 4096,
            // Deflate cannot exceed 1032:1; logs of one repeated line reach 300:1 and are data, not bombs.
            expansion_ratio_max: 500,
            expansion_floor: 64 << 20,
            expansion_bytes_max: 1 << 40,
            footer_bytes_max: 64 << 20,
            // Writers aim at 1 MiB; some write a column chunk as one page.
            page_bytes_max: 256 << 20,
            // Some writers make one page of a column's 100,000 rows, and a thousand columns are not rare.
            group_bytes_max: 1 << 30,
            spill_bytes_max: 8 << 30,
        }
    }
}
