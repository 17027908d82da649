/** The documents that the figures of the GPU catalogue are printed in, by a short name. */

export const DOCUMENTS = {
  v100: [
    'NVIDIA V100 datasheet, 2020 (SXM2)',
    'https://images.nvidia.com/content/technologies/volta/pdf/volta-v100-datasheet-update-us-1165301-r5.pdf',
  ],
  t4: [
    'NVIDIA T4 product brief, 2019 (PB-09256)',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/tesla-t4/t4-tensor-core-product-brief.pdf',
  ],
  ampere: [
    'NVIDIA Ampere GA102 whitepaper, 2020',
    'https://www.nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.pdf',
  ],
  ampereRates: [
    'NVIDIA product page, 2021; tensor rates by the ratios of the GA102 whitepaper',
    'https://www.nvidia.com/en-us/geforce/graphics-cards/30-series/rtx-3060-3060ti/',
  ],
  ada: [
    'NVIDIA Ada whitepaper, 2022, appendix A',
    'https://images.nvidia.com/aem-dam/Solutions/geforce/ada/nvidia-ada-gpu-architecture.pdf',
  ],
  adaRates: [
    'NVIDIA product page, 2023; tensor rates by the ratios of the Ada whitepaper',
    'https://www.nvidia.com/en-us/geforce/graphics-cards/40-series/',
  ],
  blackwell: [
    'NVIDIA RTX Blackwell whitepaper, 2025, appendix',
    'https://images.nvidia.com/aem-dam/Solutions/geforce/blackwell/nvidia-rtx-blackwell-gpu-architecture.pdf',
  ],
  a5000: [
    'NVIDIA RTX A5000 datasheet, 2021',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/gtcs21/rtx-a5000/nvidia-rtx-a5000-datasheet.pdf',
  ],
  a10: ['NVIDIA A10 datasheet, 2021', 'https://www.nvidia.com/en-us/data-center/products/a10-gpu/'],
  a40: [
    'NVIDIA A40 datasheet, 2021',
    'https://images.nvidia.com/content/Solutions/data-center/a40/nvidia-a40-datasheet.pdf',
  ],
  a6000: [
    'NVIDIA RTX A6000 datasheet, 2021',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/design-visualization/quadro-product-literature/proviz-print-nvidia-rtx-a6000-datasheet-us-nvidia-1454980-r9-web%20(1).pdf',
  ],
  ada6000: [
    'NVIDIA RTX 6000 Ada datasheet, 2023',
    'https://www.nvidia.com/en-us/design-visualization/rtx-6000/',
  ],
  a100pcie: [
    'NVIDIA A100 datasheet, 2021 (PCIe)',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-nvidia-us-2188504-web.pdf',
  ],
  l40: ['NVIDIA L40 datasheet, 2023', 'https://www.nvidia.com/en-us/data-center/l40/'],
  a100: [
    'NVIDIA A100 datasheet, 2021 (SXM)',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-nvidia-us-2188504-web.pdf',
  ],
  l4: ['NVIDIA L4 datasheet, 2023', 'https://www.nvidia.com/en-us/data-center/l4/'],
  l40s: ['NVIDIA L40S datasheet, 2023', 'https://www.nvidia.com/en-us/data-center/l40s/'],
  h100: [
    'NVIDIA H100 whitepaper, 2022, and datasheet, 2023',
    'https://resources.nvidia.com/en-us-tensor-core/gtc22-whitepaper-hopper',
  ],
  h200: ['NVIDIA H200 datasheet, 2024 (SXM)', 'https://www.nvidia.com/en-us/data-center/h200/'],
  b200: [
    'NVIDIA Blackwell datasheet, 2025 (HGX B200, an eighth of the board)',
    'https://resources.nvidia.com/en-us-blackwell-architecture/datasheet',
  ],
  mi300x: [
    'AMD Instinct MI300X data sheet, 2023',
    'https://www.amd.com/content/dam/amd/en/documents/instinct-tech-docs/data-sheets/amd-instinct-mi300x-data-sheet.pdf',
  ],
} as const satisfies Readonly<Record<string, readonly [document: string, url: string]>>;
