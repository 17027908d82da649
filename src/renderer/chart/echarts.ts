/** The parts of ECharts that are used, and no others. */

import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import { CustomChart, LineChart } from 'echarts/charts';
import type { GridComponentOption } from 'echarts/components';
import { GridComponent } from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([LineChart, CustomChart, GridComponent, CanvasRenderer]);

export type ChartOption = ComposeOption<
  LineSeriesOption | CustomSeriesOption | GridComponentOption
>;
export type { CustomSeriesOption, LineSeriesOption };
export { init };
